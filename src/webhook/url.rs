//! Which URLs a webhook may have. The resolved address is judged later, when it is dialled. Pure.

use std::net::Ipv6Addr;

use http::Uri;

use crate::error::{Fault, Problem};
use crate::event::check_text;

/// Checks the URL of a webhook.
///
/// # Errors
/// A problem of `url` that says what is wrong with it. What follows `@` in a message stands for the user
/// information, which is not repeated: it is a secret.
pub fn check(url: &str) -> Result<(), Problem> {
    check_text("url", url, 500)?;
    let bad = |why: String| Err(Problem { field: "url", fault: Fault::Url(why) });
    if url.contains('@') && url.split(['/', '?', '#']).nth(2).is_some_and(|authority| authority.contains('@'))
    {
        return Err(Problem::other("url", "url cannot hold a user name or password")
            .hint("send them as a header: `Authorization: Basic …` in a file for `--header-file`"));
    }
    if !url.is_ascii() {
        return bad(
            "it holds characters outside ASCII; write the host in its `xn--` form and escape the rest".into(),
        );
    }
    if url.contains('#') {
        return bad("it has a fragment, which is never sent".into());
    }
    let Ok(uri) = url.parse::<Uri>() else {
        return bad(format!("`{url}` is not a URL"));
    };
    match uri.scheme_str() {
        Some("http" | "https") => {}
        Some(other) => return bad(format!("its scheme is `{other}`, and only http and https are sent to")),
        None => return bad(format!("`{url}` has no scheme, such as `https://`")),
    }
    let host = uri.host().unwrap_or_default();
    if host.starts_with('.') || host.contains("..") || !is_host(host) {
        return bad(format!("`{url}` has no valid host"));
    }
    // `Uri` drops a port that does not fit into 16 bits, and the default one would be dialled.
    let port =
        uri.authority().and_then(|authority| authority.as_str().strip_prefix(host)).unwrap_or_default();
    let valid = |digits: &str| {
        digits.bytes().all(|b| b.is_ascii_digit()) && digits.parse::<u16>().is_ok_and(|p| p > 0)
    };
    if !port.is_empty() && !port.strip_prefix(':').is_some_and(valid) {
        return bad(format!("`{url}` has no valid port"));
    }
    Ok(())
}

/// Whether this is a name, or an address; one of IPv6 is in brackets.
fn is_host(host: &str) -> bool {
    match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)),
    }
}

/// Whether the URL is sent to without TLS and to a host that is not this machine by its name.
pub fn is_plain_to_elsewhere(url: &str) -> bool {
    let Ok(uri) = url.parse::<Uri>() else { return false };
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    let local = host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    uri.scheme_str() == Some("http") && !local
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn http_and_https_are_taken() {
        for good in [
            "https://erp.example/hooks?site=a%20b&x=1",
            "http://127.0.0.1:8080",
            "http://[::1]:8080/x",
            "HTTPS://ERP.example:443/",
            "http://2852039166/latest",
            "http://erp_1.example./x",
            "http://[::ffff:10.0.0.1]/",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
    }

    #[test]
    fn everything_else_is_refused_with_its_reason() {
        for (bad, why) in [
            ("", "blank"),
            ("ftp://x/", "`ftp`"),
            ("file:///etc/passwd", "url cannot be used"),
            ("erp.example/x", "url cannot be used"),
            ("https://", "url cannot be used"),
            ("https:///x", "url cannot be used"),
            ("https://user:hunter2@erp.example/", "user name"),
            ("https://erp.example/#top", "fragment"),
            ("https://erp.example/a b", "is not a URL"),
            ("https://erp.example/\r\nX: y", "is not a URL"),
            ("https://érp.example/", "ASCII"),
            ("https://erp.example:99999/", "url cannot be used"),
            ("https://erp.example:/", "port"),
            ("https://erp..example/", "host"),
            ("https://erp*/", "host"),
            ("https://[7acb6]:1/", "host"),
            ("https://[]/", "url cannot be used"),
        ] {
            let message = check(bad).expect_err(bad).to_string();
            assert!(message.contains(why), "{bad}: {message}");
            assert!(!message.contains("hunter2"));
        }
        assert!(
            check(&format!("https://erp.example/{}", "x".repeat(500)))
                .unwrap_err()
                .to_string()
                .contains("500")
        );
    }

    #[test]
    fn plain_http_is_fine_on_this_machine_only() {
        for here in ["http://localhost/x", "http://127.0.0.9:1/", "http://[::1]/", "https://erp.example/"] {
            assert!(!is_plain_to_elsewhere(here), "{here}");
        }
        for elsewhere in ["http://erp.example/", "http://10.0.0.1/", "http://localhost.example/"] {
            assert!(is_plain_to_elsewhere(elsewhere), "{elsewhere}");
        }
    }
}
