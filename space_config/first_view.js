// Gives the first view the theme that Streamlit is about to take, and takes it away once Streamlit
// has drawn the page, something that the visitor must see, or nothing for too long.
{
  const view = document.getElementById("first-view");
  const asked = new URLSearchParams(location.search);
  let theme = asked.get("__theme") || asked.getAll("embed_options").join();
  try {
    theme = theme || localStorage.getItem(`stActiveTheme-${location.pathname}-v2`) || "";
  } catch {
    // a browser that lets no frame of another site store anything
  }
  const found = theme.match(/dark|light/i);
  if (found) view.dataset.theme = found[0].toLowerCase();

  const DRAWN =
    ".st-key-results, .st-key-outcome > *, [data-testid=stAlert], [data-testid=stException], " +
    "[data-testid=stConnectionStatus], [role=dialog]";
  const LONGEST_MS = 20000;
  const take = () => {
    watcher.disconnect();
    view.remove();
  };
  const watcher = new MutationObserver(() => {
    if (document.querySelector(DRAWN)) take();
  });
  watcher.observe(document.getElementById("root"), { childList: true, subtree: true });
  setTimeout(take, LONGEST_MS);
}
