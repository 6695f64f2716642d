//! What a failed exchange is called, in one clause that a person can act on.

use std::io;
use std::time::{Duration, UNIX_EPOCH};

use jiff::Timestamp;
use rustls::{AlertDescription, CertificateError, pki_types::UnixTime};
use ureq::Error;

use super::agents::Unusable;
use super::progress::Progress;
use super::proxy;
use super::resolver::NoAddress;
use crate::delivery::{OutcomeKind, Phase};
use crate::probe::Fault;

/// Whether a reused connection turned out to be closed before any byte of an answer came: the receiver
/// closed it while it was idle, and the request says nothing about the receiver yet.
pub fn was_stale(error: &Error, progress: Progress) -> bool {
    !progress.dialled
        && !progress.answered
        && matches!(error, Error::Io(error) if is_disconnect(error.kind()))
}

/// Whether a connection is gone.
pub fn is_disconnect(kind: io::ErrorKind) -> bool {
    matches!(
        kind,
        io::ErrorKind::UnexpectedEof
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::NotConnected
    )
}

/// What the exchange was that failed.
#[derive(Debug, Clone, Copy)]
pub struct Tried<'a> {
    /// What it was given as a whole.
    pub timeout: Duration,
    /// The file of the client certificate.
    pub client_cert: Option<&'a str>,
    /// When that ends.
    pub ends: Option<Timestamp>,
}

/// Names a failure.
pub fn classify(error: &Error, progress: Progress, tried: Tried) -> Fault {
    let Tried { timeout, .. } = tried;
    let mut phase = progress.phase;
    let (kind, error) = match error {
        Error::Timeout(_) => (OutcomeKind::Timeout, timed_out(phase, timeout)),
        Error::Other(other) => match other.downcast_ref::<NoAddress>() {
            Some(NoAddress::Blocked(why)) => (OutcomeKind::Blocked, why.clone()),
            Some(NoAddress::Lookup(why)) => (OutcomeKind::Dns, why.clone()),
            None => match (other.downcast_ref::<proxy::Failure>(), other.downcast_ref::<Unusable>()) {
                (Some(proxy::Failure::TimedOut(what)), _) => {
                    (OutcomeKind::Timeout, format!("timed out after {}s while {what}", timeout.as_secs()))
                }
                (Some(proxy::Failure::Other(kind, what)), _) => (*kind, what.clone()),
                (None, Some(Unusable(why))) => {
                    phase = Phase::Connect;
                    (OutcomeKind::Tls, why.clone())
                }
                (None, None) => (OutcomeKind::Protocol, other.to_string()),
            },
        },
        Error::HostNotFound => (OutcomeKind::Dns, "the host name has no address".to_owned()),
        Error::Rustls(error) => (OutcomeKind::Tls, tls(error, tried)),
        Error::Tls(why) => (OutcomeKind::Tls, format!("the TLS handshake failed: {}", why.to_lowercase())),
        Error::Io(error) => io_failure(error, phase, tried),
        Error::LargeResponseHeader(..) => {
            (OutcomeKind::Protocol, "the head of the answer is larger than 32 KiB".to_owned())
        }
        Error::Protocol(why) => (OutcomeKind::Protocol, format!("the answer is not valid HTTP/1.1: {why}")),
        other => (OutcomeKind::Protocol, other.to_string()),
    };
    Fault { kind, phase, error }
}

fn timed_out(phase: Phase, timeout: Duration) -> String {
    let what = match phase {
        Phase::Resolve => "looking up the host name",
        Phase::Connect => "connecting",
        Phase::Send => "sending the request",
        Phase::Head => "waiting for an answer",
        Phase::Body => "reading the answer's body",
    };
    format!("timed out after {}s while {what}", timeout.as_secs())
}

fn io_failure(error: &io::Error, phase: Phase, tried: Tried) -> (OutcomeKind, String) {
    if let Some(error) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        return (OutcomeKind::Tls, tls(error, tried));
    }
    if matches!(error.kind(), io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock) {
        return (OutcomeKind::Timeout, timed_out(phase, tried.timeout));
    }
    if phase == Phase::Connect {
        if is_disconnect(error.kind()) {
            return (
                OutcomeKind::Tls,
                "the receiver closed the connection during the TLS handshake".to_owned(),
            );
        }
        return (OutcomeKind::Connect, format!("cannot connect: {}", why_not_connected(error)));
    }
    let when = match phase {
        Phase::Body => "in the middle of its answer",
        Phase::Send => "while the request was sent",
        _ => "without an answer",
    };
    let what = match error.kind() {
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionAborted => {
            "reset"
        }
        io::ErrorKind::UnexpectedEof => "closed",
        _ => return (OutcomeKind::Protocol, format!("the exchange failed: {}", plain(error))),
    };
    (OutcomeKind::Protocol, format!("the receiver {what} the connection {when}"))
}

/// Why there is no connection.
pub fn why_not_connected(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "nothing listens at this address and port".to_owned(),
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable | io::ErrorKind::NetworkDown => {
            "there is no route to this address".to_owned()
        }
        _ => plain(error),
    }
}

fn plain(error: &io::Error) -> String {
    error.to_string().to_lowercase()
}

fn tls(error: &rustls::Error, tried: Tried) -> String {
    match error {
        rustls::Error::InvalidCertificate(error) => certificate(error),
        rustls::Error::InvalidMessage(_) => "the receiver does not speak TLS on this port".to_owned(),
        rustls::Error::AlertReceived(alert) => refused(*alert, tried),
        other => format!("the TLS handshake failed: {other}"),
    }
}

/// What a receiver says of our certificate, or of that there is none (RFC 8446, section 6.2).
fn refused(alert: AlertDescription, tried: Tried) -> String {
    use AlertDescription as Alert;
    let of_certificate = matches!(
        alert,
        Alert::BadCertificate
            | Alert::UnsupportedCertificate
            | Alert::CertificateRevoked
            | Alert::CertificateExpired
            | Alert::CertificateUnknown
            | Alert::UnknownCA
            | Alert::AccessDenied
    );
    match tried.client_cert {
        None if alert == Alert::CertificateRequired => {
            "the receiver demands a client certificate, and the webhook has none".to_owned()
        }
        Some(path) if alert == Alert::CertificateRequired => {
            format!("the receiver demands another client certificate than `{path}`")
        }
        Some(path) if of_certificate => {
            let ends = tried.ends.filter(|ends| *ends <= Timestamp::now());
            let ends = ends.map_or_else(String::new, |ends| format!(", which expired at {ends}"));
            format!("the receiver refused the client certificate `{path}`{ends}: {alert:?}")
        }
        _ => format!("the receiver refused the TLS handshake: {alert:?}"),
    }
}

fn certificate(error: &CertificateError) -> String {
    match error {
        CertificateError::ExpiredContext { not_after, .. } => {
            format!("the certificate expired at {}", date(*not_after))
        }
        CertificateError::Expired => "the certificate has expired".to_owned(),
        CertificateError::NotValidYetContext { not_before, .. } => {
            format!("the certificate is not valid before {}", date(*not_before))
        }
        CertificateError::NotValidYet => "the certificate is not valid yet".to_owned(),
        CertificateError::NotValidForNameContext { expected, presented } => {
            let expected = expected.to_str();
            let names: Vec<_> = presented.iter().filter_map(|name| presented_name(name)).take(3).collect();
            let names = if names.is_empty() { "no host".to_owned() } else { names.join(", ") };
            format!("the certificate is not for `{expected}`: it names {names}")
        }
        CertificateError::NotValidForName => "the certificate is for another host name".to_owned(),
        // An issuer that was made anew under its old name shows as a bad signature, or, where its key is of
        // another kind now, as an algorithm that does not fit the key.
        CertificateError::UnknownIssuer
        | CertificateError::BadSignature
        | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            "the certificate was issued by an authority that is not trusted here".to_owned()
        }
        CertificateError::Revoked => "the certificate was revoked".to_owned(),
        // What the verifier has no name for, it hands on as the error of the library below it.
        CertificateError::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => {
            "the certificate is one of an authority, which a server cannot use as its own: it lacks \
             `basicConstraints = CA:FALSE`"
                .to_owned()
        }
        other => format!("the certificate is not valid: {other}"),
    }
}

/// A name of a certificate without the kind that webpki puts around it: `DnsName("erp.example")`. Kinds that
/// name no host are left out.
fn presented_name(name: &str) -> Option<&str> {
    let quoted = || name.strip_prefix("DnsName(\"")?.strip_suffix("\")");
    let address = || name.strip_prefix("IpAddress(")?.strip_suffix(')');
    quoted().or_else(address)
}

fn date(at: UnixTime) -> String {
    let at = UNIX_EPOCH + Duration::from_secs(at.as_secs());
    Timestamp::try_from(at).map_or_else(|_| "an unknown time".to_owned(), |at| at.to_string())
}
