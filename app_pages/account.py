"""Signing in and out, and what a visitor may use; listed only where a provider is set up."""

import streamlit as st

from app_pages.shared import auth, widgets

settings, _ = widgets.load_or_stop()
somebody = auth.person()

st.title("Your account", anchor=False)
if somebody is None:
    st.write("Everything on show works without an account. Signed in, you have:")
    st.markdown(
        "- requests of your own, not shared with others behind your address\n"
        "- if this Space is yours: its training page"
    )
    with st.container(key="sign_in", horizontal=True):
        for provider in auth.providers():
            title = auth.provider_title(provider)
            st.button(
                f"Sign in with {title}" if title else "Sign in",
                key=f"sign_in_{provider}",
                type="primary",
                icon=":material/login:",
                on_click=st.login,
                args=(provider,),
            )
        if settings.address is not None:
            st.link_button(
                "Open in a tab of its own",
                settings.address,
                key="own_tab",
                icon=":material/open_in_new:",
                help="Inside the frame of another site a browser keeps back the cookie of a "
                "sign-in: should nothing happen here, sign in there.",
            )
else:
    with st.container(key="who", border=True):
        st.text(f"Signed in as {somebody.name}")
        st.caption(
            "You own this Space: its training page is listed above."
            if auth.is_owner()
            else "A visitor of this Space."
        )
        st.button("Sign out", key="sign_out", icon=":material/logout:", on_click=st.logout)

st.subheader("What you may use", anchor=False)
with st.container(key="limits", horizontal=True):
    left = f"{auth.requests_left()} of {settings.max_requests_per_minute}"
    st.metric("Requests left this minute", left)
    st.metric("Characters of a message", f"{settings.max_chars:,}")
    st.metric("Messages at once", settings.max_texts)
    st.metric("Size of an upload", f"{st.get_option('server.maxUploadSize')} MB")
st.caption(
    "Who you are is kept in a signed cookie of this site for 30 days, or until you sign out, and "
    "nowhere else."
)
