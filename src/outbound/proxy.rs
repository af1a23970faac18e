//! The proxy of the machine's environment, for networks that let nothing out otherwise.
//!
//! Behind a proxy it is the proxy that looks names up, so there only literal addresses are filtered here and the rest is
//! the proxy's to refuse. Plain http, which only goes to listed networks, never takes it.

use std::fmt;

use reqwest::{NoProxy, Proxy, Url};
use secrecy::{ExposeSecret, SecretString};

/// `HTTPS_PROXY` and `NO_PROXY`. The address may hold a password.
#[derive(Clone)]
pub struct ProxySettings {
    address: SecretString,
    not_for: String,
}

impl ProxySettings {
    /// Reads the settings through `variable`, which the composition root binds to the environment. Lower case wins, as
    /// it does for other programs; an empty value is none.
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let either = |lower: &str, upper: &str| {
            variable(lower)
                .filter(|value| !value.is_empty())
                .or_else(|| variable(upper))
                .filter(|value| !value.is_empty())
        };
        let address = either("https_proxy", "HTTPS_PROXY")?.into();
        Some(Self {
            address,
            not_for: either("no_proxy", "NO_PROXY").unwrap_or_default(),
        })
    }

    pub(super) fn host(&self) -> Option<String> {
        let address = self.address.expose_secret();
        let url = Url::parse(address)
            .ok()
            .filter(Url::has_host)
            .or_else(|| Url::parse(&format!("http://{address}")).ok())?;
        url.host_str().map(str::to_owned)
    }

    pub(super) fn to_reqwest(&self) -> reqwest::Result<Proxy> {
        Ok(Proxy::https(self.address.expose_secret())?
            .no_proxy(NoProxy::from_string(&self.not_for)))
    }
}

impl fmt::Debug for ProxySettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProxySettings")
            .field("host", &self.host())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(values: &'static [(&str, &str)]) -> Option<ProxySettings> {
        ProxySettings::from_variables(|name| {
            values
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn only_https_proxy_counts_and_its_password_is_never_printed() {
        assert!(
            settings(&[
                ("HTTP_PROXY", "http://proxy.example:3128"),
                ("ALL_PROXY", "http://x")
            ])
            .is_none()
        );
        assert!(settings(&[("HTTPS_PROXY", "")]).is_none());
        let proxy = settings(&[("HTTPS_PROXY", "http://ann:canary@proxy.example:3128")]).unwrap();
        assert_eq!(proxy.host().as_deref(), Some("proxy.example"));
        assert!(!format!("{proxy:?}").contains("canary"));
        assert_eq!(
            settings(&[("https_proxy", "proxy.example:3128")])
                .unwrap()
                .host()
                .as_deref(),
            Some("proxy.example")
        );
    }
}
