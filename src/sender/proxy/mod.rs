//! A proxy between here and the receivers: where it is, what it is told of who asks, and which hosts are reached without
//! it. Its password is in no message.

mod tunnel;

use std::fmt;
use std::net::IpAddr;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::Uri;
use ipnet::IpNet;

use super::egress::literal;

pub use tunnel::Failure;

/// What is reached without the proxy if nothing else is said: what it would take for itself.
const DIRECT: [&str; 3] = ["localhost", "127.0.0.0/8", "::1"];

/// A proxy, and which hosts are reached without it.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    /// A name, or an address without brackets.
    host: String,
    port: u16,
    /// `user:password` in base64.
    credentials: Option<String>,
    direct: Vec<Direct>,
}

/// What is reached without the proxy.
#[derive(Clone, PartialEq, Eq)]
enum Direct {
    /// Addresses that are written in a URL.
    Network(IpNet),
    /// This name and all below it.
    Name(String),
}

/// Without the password, which is nobody's business.
impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port, .. } = self;
        if host.contains(':') {
            write!(f, "http://[{host}]:{port}")
        } else {
            write!(f, "http://{host}:{port}")
        }
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Proxy {
    /// The proxy at `url`, for all hosts but those in `no_proxy`.
    ///
    /// # Errors
    /// What is wrong, in a clause that has neither the user nor the password in it.
    pub fn new(url: &str, no_proxy: Option<&[String]>) -> Result<Self, String> {
        let form = "write it as `http://proxy.example:3128` or `http://USER:PASSWORD@proxy.example:3128`";
        let Some((scheme, rest)) = url.trim().split_once("://") else {
            return Err(format!("proxy cannot be used: it has no `http://`; {form}"));
        };
        if !scheme.eq_ignore_ascii_case("http") {
            let scheme = scheme.escape_debug();
            return Err(format!("proxy cannot be one of `{scheme}`: it is reached over http; {form}"));
        }
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (user, place) = match rest.rsplit_once('@') {
            Some((user, place)) => (Some(user), place),
            None => (None, rest),
        };
        let parsed = format!("http://{place}").parse::<Uri>().ok();
        let place = parsed.as_ref().filter(|uri| uri.path() == "/" && uri.query().is_none());
        let Some((host, Some(port))) = place.and_then(|uri| {
            Some((uri.host().filter(|host| !host.is_empty())?, uri.port_u16().filter(|port| *port > 0)))
        }) else {
            return Err(format!(
                "proxy cannot be used: it is a host and a port, and nothing after them; {form}"
            ));
        };
        let credentials = user.map(credentials).transpose()?;
        let direct = match no_proxy {
            Some(given) => given.iter().map(|text| Direct::parse(text)).collect::<Result<_, _>>()?,
            None => DIRECT.iter().filter_map(|text| Direct::parse(text).ok()).collect(),
        };
        Ok(Self { host: host.trim_matches(['[', ']']).to_ascii_lowercase(), port, credentials, direct })
    }

    /// Whether it is told who asks.
    pub fn has_credentials(&self) -> bool {
        self.credentials.is_some()
    }

    /// Where it is: a name or an address, and the port.
    pub fn place(&self) -> (&str, u16) {
        (&self.host, self.port)
    }

    /// Whether this host is reached through it.
    pub fn serves(&self, host: &str) -> bool {
        let address = literal(host);
        let name = host.trim_end_matches('.').to_ascii_lowercase();
        !self.direct.iter().any(|direct| match direct {
            Direct::Network(network) => address.is_some_and(|address| network.contains(&plain(address))),
            Direct::Name(direct) => name
                .strip_suffix(direct.as_str())
                .is_some_and(|before| before.is_empty() || before.ends_with('.')),
        })
    }
}

impl Direct {
    fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim().trim_matches(['[', ']']);
        if let Ok(network) = text.parse() {
            return Ok(Self::Network(network));
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Self::Network(address.into()));
        }
        let name = text.trim_matches('.').to_ascii_lowercase();
        let valid = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if name.is_empty() || !name.chars().all(valid) {
            return Err(format!(
                "no_proxy cannot hold `{}`: write a name such as `erp.local`, an address or a network such as `10.0.0.0/8`",
                text.escape_debug()
            ));
        }
        Ok(Self::Name(name))
    }
}

/// An IPv4 address that is written as one of IPv6 is the same place.
fn plain(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

/// User and password of a URL, where `%40` stands for `@`, as a proxy takes them (RFC 7617).
fn credentials(user_info: &str) -> Result<String, String> {
    let (user, password) = user_info.split_once(':').unwrap_or((user_info, ""));
    let (Some(user), Some(password)) = (decoded(user), decoded(password)) else {
        return Err("proxy cannot be used: in its user or password a `%` is not followed by two digits, or they make no \
                    UTF-8; write `%25` for a `%` and `%40` for an `@`"
            .to_owned());
    };
    if user.contains(':') || format!("{user}{password}").chars().any(char::is_control) {
        return Err(
            "proxy cannot be used: its user has a colon in it, or one of both a control character".to_owned()
        );
    }
    Ok(BASE64_STANDARD.encode(format!("{user}:{password}")))
}

fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first == b'%' {
            let digits = after.get(..2).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))?;
            bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_a_host_and_a_port_and_never_shows_its_password() {
        let proxy = Proxy::new("http://us%65r:p%40s:s@Proxy.plant.example:3128/", None).unwrap();
        assert_eq!(
            format!("{proxy} {proxy:?}"),
            "http://proxy.plant.example:3128 http://proxy.plant.example:3128"
        );
        assert_eq!(proxy.credentials.as_deref(), Some(BASE64_STANDARD.encode("user:p@s:s").as_str()));
        assert_eq!(Proxy::new("http://[::1]:3128", None).unwrap().to_string(), "http://[::1]:3128");
        for bad in [
            "proxy.example:3128",
            "https://hunter2@proxy.example:3128",
            "socks5://a:hunter2@proxy.example:1080",
            "http://a:hunter2@proxy.example",
            "http://a:hunter2@proxy.example:0",
            "http://a:hunter2@proxy.example:99999",
            "http://a:hunter2@proxy.example:3128/path",
            "http://a:hunter2@:3128",
            "http://a:hunter2%zz@proxy.example:3128",
            "http://a%3a:hunter2@proxy.example:3128",
            "http://a:hunter2%0d@proxy.example:3128",
            "",
        ] {
            let why = Proxy::new(bad, None).expect_err(bad);
            assert!(why.starts_with("proxy cannot be") && !why.contains("hunter2"), "{bad}: {why}");
        }
    }

    #[test]
    fn no_proxy_names_hosts_and_networks() {
        let direct = ["10.0.0.0/8", "erp.local", ".plant.example", "[fd00::]/8", "192.0.2.7"];
        let direct: Vec<_> = direct.map(str::to_owned).to_vec();
        let err = Proxy::new("http://p:1", Some(&direct)).unwrap_err();
        assert!(err.contains("no_proxy cannot hold `fd00::]/8`"), "{err}");
        let direct: Vec<_> = ["10.0.0.0/8", "ERP.local", ".plant.example", "fd00::/8", "192.0.2.7"]
            .map(str::to_owned)
            .to_vec();
        let proxy = Proxy::new("http://p:1", Some(&direct)).unwrap();
        for host in [
            "10.1.2.3",
            "erp.local",
            "a.ERP.local.",
            "x.plant.example",
            "[fd00::1]",
            "192.0.2.7",
            "[::ffff:10.0.0.1]",
            "0x0a000001",
        ] {
            assert!(!proxy.serves(host), "{host}");
        }
        for host in ["11.1.2.3", "local", "myerp.local", "[fe80::1]", "192.0.2.8", "localhost", "127.0.0.1"] {
            assert!(proxy.serves(host), "{host}");
        }
        let proxy = Proxy::new("http://p:1", None).unwrap();
        assert!(!proxy.serves("localhost") && !proxy.serves("127.9.9.9") && !proxy.serves("[::1]"));
        assert!(proxy.serves("10.0.0.1"));
        for bad in ["", "*", "10.0.0.0/33", "http://x"] {
            assert!(Proxy::new("http://p:1", Some(&[bad.to_owned()])).is_err(), "{bad}");
        }
    }
}
