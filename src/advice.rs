//! What to do about an attempt that failed, a sentence or two for each kind of failure. Pure.

use crate::delivery::{Attempt, OutcomeKind, Phase};
use crate::event::EventType;

/// The advice for an attempt; `None` if it was delivered.
pub fn advice(attempt: &Attempt) -> Option<String> {
    let outcome = &attempt.outcome;
    let advice = match outcome.kind {
        OutcomeKind::Delivered => return None,
        _ if outcome.error.contains("the proxy `") => proxy(&outcome.error).to_owned(),
        OutcomeKind::Timeout => timeout(outcome.phase).to_owned(),
        OutcomeKind::Dns => format!(
            "The host name could not be resolved. Check its spelling with `ptw-hooks show`, and on this machine with \
             `getent hosts {}`.",
            host(&attempt.url)
        ),
        OutcomeKind::Connect => "The address was found, but no connection could be made. Check that the receiver runs, \
             that the port in the URL is right, and that no firewall stands between."
            .to_owned(),
        OutcomeKind::Tls => tls(&outcome.error, &attempt.url),
        OutcomeKind::Redirect => {
            let to = outcome.answer.as_ref().and_then(|answer| answer.header("location")).unwrap_or("another address");
            format!(
                "Redirects are not followed, because the signed body would go to an address that nobody chose. If \
                 `{to}` is right, set it with `ptw-hooks update WEBHOOK --url`."
            )
        }
        OutcomeKind::HttpStatus => match outcome.answer.as_ref().map_or(0, |answer| answer.status) {
            410 if is_test(attempt) => "The receiver says that it is gone for good. An event would have disabled the \
                 webhook; a test does not. Check the path of the URL with `ptw-hooks show WEBHOOK`."
                .to_owned(),
            401 | 403 if attempt.signing.is_some_and(|signing| signing.refused.is_some()) => {
                "The receiver accepted neither the old nor the new secret. Compare the last four characters of both with \
                 those of the receiver's (`ptw-hooks show WEBHOOK`); `ptw-hooks verify` tells what it did differently."
                    .to_owned()
            }
            400 if asks_for_certificate(attempt) => "The receiver, or a server before it, demands a client certificate and \
                 got none, or one that it does not take; it says so in its answer. Set one with `ptw-hooks update WEBHOOK \
                 --client-cert FILE --client-key FILE`; `ptw-hooks doctor WEBHOOK` looks at it."
                .to_owned(),
            other => status(other).to_owned(),
        },
        OutcomeKind::Protocol => "The connection was made, but no complete HTTP answer came. Look at the receiver's own log \
             for a crash or a restart at this time, and whether a proxy before it closes connections."
            .to_owned(),
        OutcomeKind::Blocked => "The address is refused by policy, so nothing was sent and nothing will be retried. Link-local \
             and cloud metadata addresses are always refused; private ones are where `deny_private` is set: an entry in \
             `allow` of the configuration makes an exception. Then `ptw-hooks redeliver` sends it."
            .to_owned(),
    };
    Some(advice)
}

fn timeout(phase: Phase) -> &'static str {
    match phase {
        Phase::Resolve => {
            "The name server did not answer in time. Check the name servers of this machine, for example in \
             `/etc/resolv.conf`."
        }
        Phase::Connect => {
            "The address does not answer. Most often a firewall drops the packets, or the host is down; where TLS is \
             used, the handshake may have stalled."
        }
        Phase::Send => "The receiver accepted the connection and stopped reading. It is overloaded or hangs.",
        Phase::Head => {
            "The receiver took the request and did not answer in time. It should answer 2xx first and do its work \
             afterwards; `ptw-hooks update WEBHOOK --timeout 30s` gives it longer."
        }
        Phase::Body => {
            "The receiver began to answer and did not finish in time. It should answer with a short body or none; \
             the answer does not count until it is complete."
        }
    }
}

/// What the way to a receiver is lost by before it is come to. The proxy is named in every one of these errors.
fn proxy(error: &str) -> &'static str {
    if error.contains(" answered 407 ") {
        "The proxy wants a user and a password, or others than it got. Set them in `proxy` of the configuration, as \
         `http://USER:PASSWORD@HOST:PORT`."
    } else if error.contains(" answered 403 ") || error.contains(" answered 405 ") {
        "The proxy does not connect to this host or port. Have its rules allow `CONNECT` to it, for http as well as for \
         https, or reach the receiver directly with an entry in `no_proxy` of the configuration."
    } else if error.contains(" answered ") || error.contains("waiting for the proxy") {
        "The proxy is there and could not reach the receiver. Look at the proxy's own log, and try the receiver from its \
         machine; one that is reached without a proxy belongs into `no_proxy` of the configuration."
    } else if error.contains("refused") && error.contains("cannot use the proxy") {
        "The rules for addresses hold for the proxy's own, too: an entry in `allow` of the configuration makes an \
         exception from `deny_private`."
    } else {
        "Check `proxy` in the configuration, that the proxy runs, and that no firewall stands between. One receiver can be \
         reached directly with an entry in `no_proxy`."
    }
}

/// What a certificate of our own is refused for, or cannot be shown for.
fn client_certificate(error: &str, url: &str) -> Option<String> {
    let host = host(url);
    let advice = if error.contains("demands a client certificate") {
        format!(
            "The receiver only talks to whom it knows by a certificate. Get one from whoever runs `{host}`, and set it with \
             `ptw-hooks update WEBHOOK --client-cert FILE --client-key FILE`."
        )
    } else if error.contains("which expired at") {
        "Have its authority issue a new certificate, and put it with its key in the place of the files: it is taken from \
         the next attempt on, and nothing has to be restarted."
            .to_owned()
    } else if error.contains("UnknownCA") || error.contains("demands another client certificate") {
        format!(
            "The receiver does not know the authority that issued the certificate. Whoever runs `{host}` has to trust it, or \
             to issue a certificate; if there are authorities between, their certificates belong into the file as well, \
             behind the first one."
        )
    } else if error.contains("refused the client certificate") {
        format!(
            "Ask whoever runs `{host}` why: its log says it. It may be revoked, not be meant for clients (`extendedKeyUsage` \
             without `clientAuth`), or belong to nobody who is known there. `ptw-hooks doctor WEBHOOK` looks at it."
        )
    } else if error.contains(" client_cert `")
        || error.contains(" client_key `")
        || error.contains(" ca_file `")
    {
        "Nothing was sent. Mend the file, or set another one with `ptw-hooks update WEBHOOK`: the next attempt takes it, and \
         nothing has to be restarted. `ptw-hooks doctor WEBHOOK` looks at it."
            .to_owned()
    } else if error.contains("HandshakeFailure") {
        format!(
            "Receivers with TLS 1.2 say so when they demand a client certificate and get none, or one that they do not take: \
             ask whoever runs `{host}`, and set it with `ptw-hooks update WEBHOOK --client-cert FILE --client-key FILE`. \
             Otherwise the receiver has no version or cipher of TLS in common with this program."
        )
    } else {
        return None;
    };
    Some(advice)
}

fn tls(error: &str, url: &str) -> String {
    let host = host(url);
    if let Some(advice) = client_certificate(error, url) {
        advice
    } else if error.contains("expired") {
        format!("Whoever runs `{host}` has to renew its certificate.")
    } else if error.contains("not valid before") || error.contains("not valid yet") {
        "The certificate begins in the future. Check the clock of this machine; if it is right, the certificate was \
         installed too early."
            .to_owned()
    } else if error.contains("is not for") || error.contains("another host name") {
        format!(
            "The certificate does not name `{host}`. Use the name that it is for with `ptw-hooks update WEBHOOK \
             --url`, or have the certificate issued for this one."
        )
    } else if error.contains("authority that is not trusted") {
        "The chain does not lead to an authority that this machine trusts. For a company's own authority set `ca_file` \
         in the configuration to its certificate, or `--ca-file` of this webhook alone; otherwise the receiver has to send its intermediate certificates."
            .to_owned()
    } else if error.contains("CA:FALSE") {
        "Whoever runs the receiver makes the certificate anew: with openssl, add `-addext basicConstraints=critical,CA:FALSE` \
         to `req -x509`, and set `ca_file` in the configuration to the result."
            .to_owned()
    } else if error.contains("does not speak TLS") {
        "The port answers without TLS. Use `http://`, or the port on which the receiver speaks TLS."
            .to_owned()
    } else {
        let port = url.parse::<http::Uri>().ok().and_then(|uri| uri.port_u16()).unwrap_or(443);
        format!("Compare with `openssl s_client -connect {host}:{port} -servername {host}` on this machine.")
    }
}

fn status(status: u16) -> &'static str {
    match status {
        400 | 422 => {
            "The receiver did not accept the body. Its answer may say which part; `ptw-hooks inspect` shows the exact bytes \
             that it got."
        }
        401 | 403 => {
            "The receiver did not accept the signature, or wants a credential of its own. Compare the last four characters \
             of the secret on both sides (`ptw-hooks show WEBHOOK`); `ptw-hooks verify` tells what a receiver did \
             differently. A credential is sent with `ptw-hooks update WEBHOOK --header-file FILE`."
        }
        404 | 405 => {
            "The receiver is there, but not at this path, or it takes no POST there. Check the path of the URL with \
             `ptw-hooks show WEBHOOK`."
        }
        408 => "The receiver gave up waiting for the request. It is overloaded, or a proxy before it is.",
        410 => {
            "The receiver says that it is gone for good, so the webhook was disabled and the delivery ended. If that was a \
             mistake, `ptw-hooks enable WEBHOOK` takes it up again."
        }
        413 => "The body is too large for the receiver. Raise its limit to 256 KiB, or emit less `data`.",
        429 => {
            "The receiver limits how often it is sent to. Its `Retry-After` is honoured, up to 24 hours; a pending \
             delivery goes on by itself."
        }
        500..=599 => {
            "The receiver failed while it handled the event. Its own log at this time says why; a pending delivery \
             goes on by itself."
        }
        _ => "The receiver answered with an unexpected status. Its answer may say why.",
    }
}

/// Whether somebody only tried the webhook out. What was sent says so itself.
fn is_test(attempt: &Attempt) -> bool {
    let test = EventType::WebhookTest.name();
    attempt.headers.iter().any(|(name, value)| name == "x-athens-event" && value == test)
}

/// Whether an answer complains of the client certificate: nginx finishes the handshake and answers 400 then.
fn asks_for_certificate(attempt: &Attempt) -> bool {
    let body = attempt.outcome.answer.as_ref().map(|answer| String::from_utf8_lossy(&answer.body));
    body.is_some_and(|body| {
        body.contains("No required SSL certificate was sent") || body.contains("The SSL certificate error")
    })
}

/// The host of a URL that was sent to; it was checked when the webhook was stored.
fn host(url: &str) -> String {
    let host = url.parse::<http::Uri>().ok().and_then(|uri| uri.host().map(ToOwned::to_owned));
    host.unwrap_or_else(|| "HOST".to_owned())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;

    use super::*;
    use crate::delivery::{Answer, AnswerLength, Outcome};

    fn attempt(kind: OutcomeKind, error: &str, status: Option<u16>) -> Attempt {
        let answer = status.map(|status| Answer {
            status,
            headers: vec![("location".into(), "https://new.example/x".into())],
            body: Vec::new(),
            length: AnswerLength::Exactly(0),
        });
        Attempt {
            number: 1,
            started_at: Timestamp::UNIX_EPOCH,
            url: "https://erp.example:8443/x".into(),
            headers: Vec::new(),
            outcome: Outcome {
                kind,
                phase: Phase::Head,
                error: error.into(),
                answer,
                duration: Duration::ZERO,
            },
            signing: None,
        }
    }

    #[test]
    fn every_kind_of_failure_has_its_own_advice() {
        let of = |kind, error, status| advice(&attempt(kind, error, status)).unwrap();
        assert_eq!(advice(&attempt(OutcomeKind::Delivered, "", Some(200))), None);
        for kind in OutcomeKind::ALL.into_iter().filter(|kind| *kind != OutcomeKind::Delivered) {
            assert!(of(kind, "", None).ends_with('.'), "{kind:?}");
        }
        assert!(of(OutcomeKind::Redirect, "", Some(301)).contains("https://new.example/x"));
        assert!(of(OutcomeKind::HttpStatus, "", Some(401)).contains("ptw-hooks verify"));
        assert!(of(OutcomeKind::HttpStatus, "", Some(410)).contains("ptw-hooks enable"));
        assert!(of(OutcomeKind::HttpStatus, "", Some(503)).contains("own log"));
        assert!(
            of(OutcomeKind::Tls, "the certificate expired at 2024", None)
                .contains("erp.example` has to renew")
        );
        assert!(of(OutcomeKind::Tls, "anything else", None).contains("-connect erp.example:8443 "));
        assert!(of(OutcomeKind::Tls, "an authority that is not trusted here", None).contains("ca_file"));
    }

    #[test]
    fn certificates_of_our_own_and_proxies_have_theirs() {
        let of = |kind, error| advice(&attempt(kind, error, None)).unwrap();
        for (error, part) in [
            (
                "the receiver demands a client certificate, and the webhook has none",
                "--client-cert FILE --client-key FILE",
            ),
            (
                "the receiver refused the client certificate `/c`, which expired at 2024: CertificateExpired",
                "issue a new",
            ),
            ("the receiver refused the client certificate `/c`: UnknownCA", "erp.example` has to trust it"),
            ("the receiver refused the client certificate `/c`: BadCertificate", "`clientAuth`"),
            ("the receiver refused the TLS handshake: HandshakeFailure", "demand a client certificate"),
            ("cannot read client_key `/k`: there is no such file", "Nothing was sent"),
        ] {
            assert!(of(OutcomeKind::Tls, error).contains(part), "{error}");
        }
        for (error, part) in [
            (
                "the proxy `http://p:1` answered 407 Proxy Authentication Required to CONNECT `x:1`",
                "`http://USER:",
            ),
            ("the proxy `http://p:1` answered 403 Forbidden to CONNECT `x:1`", "`CONNECT`"),
            ("the proxy `http://p:1` answered 502 Bad Gateway to CONNECT `x:1`", "the proxy's own log"),
            ("cannot use the proxy `http://p:1`: `p` leads to an address that is refused: x", "`allow`"),
            (
                "cannot connect to the proxy `http://p:1`: nothing listens at this address and port",
                "no firewall",
            ),
        ] {
            assert!(of(OutcomeKind::Connect, error).contains(part), "{error}");
        }
        assert!(
            of(
                OutcomeKind::Timeout,
                "timed out after 1s while waiting for the proxy `http://p:1` to connect to `x:1`"
            )
            .contains("could not reach the receiver")
        );
    }
}
