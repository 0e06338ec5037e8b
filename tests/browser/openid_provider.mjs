// A real OpenID provider (npm's oidc-provider) on loopback, with its own pages to sign in on.
//
//     node openid_provider.mjs PACKAGES PORT REDIRECT_URI
//
// PACKAGES is a folder in which `npm install oidc-provider` was run. Any login and password are
// accepted; the login becomes the account's subject, its user name and its verified e-mail address.
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [packages, port, redirectUri] = process.argv.slice(2);
const installed = createRequire(resolve(packages, "anywhere.js")).resolve("oidc-provider");
const { Provider } = await import(pathToFileURL(installed));

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
    {
      client_id: "worth-tuning",
      client_secret: "a-secret-of-the-test",
      redirect_uris: [redirectUri],
      post_logout_redirect_uris: [redirectUri],
    },
  ],
  claims: {
    profile: ["preferred_username", "name"],
    email: ["email", "email_verified"],
  },
  // As the Hub does: what is granted stands in the ID token, which is all that Streamlit reads.
  conformIdTokenClaims: false,
  findAccount: (_, login) => ({
    accountId: login,
    claims: () => ({
      sub: login,
      preferred_username: login,
      name: login,
      email: `${login}@example.org`,
      email_verified: true,
    }),
  }),
});
provider.listen(Number(port), "127.0.0.1");
