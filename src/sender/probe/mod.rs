//! Looks at a receiver step by step, over a connection of its own: the name, the addresses, TCP, TLS, HTTP. What is
//! sent is `OPTIONS`, which changes nothing, and none of the webhook's own headers.

mod http;

use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use ::http::Uri;
use jiff::{SignedDuration, Timestamp};
use rustls::client::danger::ServerCertVerifier;
use rustls::client::{ResolvesClientCert, WebPkiServerVerifier};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{CertificateError, ClientConfig, ClientConnection, RootCertStore, SignatureScheme, Stream};
use ureq::Error;

use self::http::{Timed, ask};
use super::Sender;
use super::agents::Unusable;
use super::failure::{Tried, classify};
use super::files::{self, Client, Flaw, Loaded, in_time, is_open_to_others};
use super::progress::Progress;
use super::proxy::Proxy;
use super::resolver::host_and_port;
use super::tcp::connect_within;
use crate::delivery::{OutcomeKind, Phase};
use crate::probe::{Certificate, ClientLook, Fault, Probe, SOON};
use crate::webhook::{ClientFiles, TlsFiles};

/// A time after the end of every certificate, in days from now: what is checked as of then has expired, and the
/// verifier says when.
const FAR: i64 = 365 * 1000;

impl Sender {
    /// Looks at the receiver of `url` until something fails, with the files of its webhook. Each step may take
    /// `timeout`.
    pub fn probe(&self, url: &str, files: &TlsFiles, timeout: Duration) -> Probe {
        let mut probe = Probe::default();
        // It was checked when it was stored; what an early version took is said to have no address.
        let uri: Uri = url.parse().unwrap_or_default();
        let proxy = self.proxy_of(&uri);
        probe.proxy = proxy.as_ref().map(ToString::to_string);
        // The error is in the probe.
        let _ = Look { sender: self, url, uri: &uri, files, proxy, timeout, ends: None }.run(&mut probe);
        probe
    }
}

struct Look<'a> {
    sender: &'a Sender,
    url: &'a str,
    uri: &'a Uri,
    files: &'a TlsFiles,
    proxy: Option<Arc<Proxy>>,
    timeout: Duration,
    /// When the client certificate does.
    ends: Option<Timestamp>,
}

/// A step has failed; how is in the probe.
struct Failed;

impl Look<'_> {
    fn run(mut self, probe: &mut Probe) -> Result<(), Failed> {
        let loaded = self.load(probe);
        let (host, _) = host_and_port(self.uri);
        let (dialled, port) = self.proxy.as_ref().map_or(host_and_port(self.uri), |proxy| proxy.place());
        let resolver = &self.sender.resolver;
        let addresses = resolver
            .addresses(dialled, self.timeout)
            .and_then(|found| if found.is_empty() { Err(Error::HostNotFound) } else { Ok(found) })
            .map_err(|error| self.unreached(error));
        let addresses: Vec<IpAddr> = self.note(&mut probe.addresses, addresses, Phase::Resolve)?;
        let allowed = match self.proxy {
            Some(_) => resolver.check_literal(host, port),
            None => Ok(()),
        };
        let own = || resolver.allowed(dialled, port, addresses).map_err(|error| self.unreached(error));
        let allowed = allowed.and_then(|()| own());
        let allowed = self.note(&mut probe.allowed, allowed, Phase::Resolve)?;
        let (stream, connected) = self.connect(&allowed);
        self.note(&mut probe.connected, connected, Phase::Connect)?;
        let Some(stream) = stream else { return Err(Failed) };
        let mut stream = Timed { stream, end: Instant::now() + self.timeout };
        if self.uri.scheme_str() == Some("https") {
            let Some(loaded) = self.note_flaws(probe, loaded)? else { return Err(Failed) };
            let shown = loaded.client.as_ref().map(Shown::new).transpose();
            let shown = self.note(&mut None, shown, Phase::Connect)?;
            let (connection, certificate) = self.shake_hands(host, &mut stream, loaded, shown.clone());
            self.note(&mut probe.tls, certificate, Phase::Connect)?;
            if let (Some(client), Some(shown)) = (&mut probe.client, shown) {
                client.asked = Some(shown.asked.load(Ordering::Relaxed));
            }
            let Some(mut connection) = connection else { return Err(Failed) };
            stream.end = Instant::now() + self.timeout;
            let answer = ask(self.url, &mut Stream::new(&mut connection, &mut stream));
            let noted = self.note(&mut probe.answer, answer, Phase::Head);
            // With TLS 1.3 a receiver refuses a certificate, or the lack of one, after the handshake.
            if let Some(Err(fault)) =
                probe.answer.take_if(|answer| matches!(answer, Err(fault) if fault.kind == OutcomeKind::Tls))
            {
                probe.tls = Some(Err(fault));
            }
            noted?;
        } else {
            let answer = ask(self.url, &mut stream);
            self.note(&mut probe.answer, answer, Phase::Head)?;
        }
        Ok(())
    }

    /// Notes how a step ended.
    fn note<T: Clone>(
        &self,
        step: &mut Option<Result<T, Fault>>,
        ended: Result<T, Error>,
        phase: Phase,
    ) -> Result<T, Failed> {
        let progress = Progress { phase, dialled: true, answered: false, cut_off: false };
        let client_cert = self.files.cert();
        let tried = Tried { timeout: self.timeout, client_cert, ends: self.ends };
        let ended = ended.map_err(|error| classify(&error, progress, tried));
        step.insert(ended).clone().map_err(|_| Failed)
    }

    fn connect(&self, allowed: &[SocketAddr]) -> (Option<TcpStream>, Result<(SocketAddr, Duration), Error>) {
        let started = Instant::now();
        let timed_out = || Error::Timeout(ureq::Timeout::Connect);
        let left = || {
            let left = self.timeout.saturating_sub(started.elapsed());
            if left.is_zero() { Err(timed_out()) } else { Ok(left) }
        };
        let stream = connect_within(allowed, left, timed_out).map_err(|error| self.unreached(error));
        let opened = stream.and_then(|stream| match &self.proxy {
            Some(proxy) => proxy.open(&stream, self.uri, left).map(|()| stream),
            None => Ok(stream),
        });
        let stream = match opened {
            Ok(stream) => stream,
            Err(error) => return (None, Err(error)),
        };
        let took = started.elapsed();
        match stream.peer_addr() {
            Ok(address) => (Some(stream), Ok((address, took))),
            Err(error) => (None, Err(error.into())),
        }
    }

    fn shake_hands(
        &self,
        host: &str,
        stream: &mut Timed,
        loaded: Loaded,
        shown: Option<Arc<Shown>>,
    ) -> (Option<ClientConnection>, Result<Certificate, Error>) {
        match self.handshake(host, stream, loaded, shown) {
            Ok((connection, certificate)) => (Some(connection), Ok(certificate)),
            Err(error) => (None, Err(error)),
        }
    }

    fn handshake(
        &self,
        host: &str,
        stream: &mut Timed,
        loaded: Loaded,
        shown: Option<Arc<Shown>>,
    ) -> Result<(ClientConnection, Certificate), Error> {
        let invalid = |error: &dyn std::fmt::Display| Error::Io(io::Error::other(error.to_string()));
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(
            self.sender.agents.authorities().iter().cloned().chain(loaded.authorities),
        );
        let provider = Arc::new(ring::default_provider());
        let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(Error::Rustls)?
            .with_root_certificates(roots.clone());
        let config = match shown {
            Some(shown) => config.with_client_cert_resolver(shown),
            None => config.with_no_client_auth(),
        };
        let name =
            ServerName::try_from(host.trim_matches(['[', ']'])).map_err(|error| invalid(&error))?.to_owned();
        let mut connection = ClientConnection::new(Arc::new(config), name.clone()).map_err(Error::Rustls)?;
        while connection.is_handshaking() {
            connection.complete_io(stream)?;
        }
        // Without roots no handshake succeeds, so that there is a verifier here.
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build();
        let verifier = verifier.map_err(|error| invalid(&error))?;
        let chain = connection.peer_certificates().unwrap_or_default();
        let end = |days| expiry(&verifier, chain, &name, days);
        let certificate = Certificate { ends: end(FAR), chain_ends: end(SOON.as_hours() / 24) };
        Ok((connection, certificate))
    }

    /// Reads the files, and notes what there is to say of the client certificate.
    fn load(&mut self, probe: &mut Probe) -> Result<Loaded, Vec<Flaw>> {
        let loaded = files::load(self.files);
        if let Some(ClientFiles { cert, key }) = &self.files.client {
            let read = match &loaded {
                Ok(loaded) => {
                    let client = loaded.client.as_ref();
                    self.ends = client.and_then(|client| client.ends);
                    client
                        .map_or(Ok(()), |client| in_time(client, cert, Timestamp::now()))
                        .map(|()| self.ends)
                }
                Err(flaws) => {
                    let own: Vec<_> = flaws.iter().filter(|flaw| flaw.member != "ca_file").collect();
                    let errors: Vec<_> = own.iter().map(|flaw| flaw.error.as_str()).collect();
                    own.first()
                        .map_or(Ok(None), |flaw| Err(Flaw { error: errors.join("; "), ..(*flaw).clone() }))
                }
            };
            probe.client = Some(ClientLook {
                cert: cert.clone(),
                key: key.clone(),
                read: read.map_err(|flaw| (flaw.error, flaw.hint)),
                open_to_others: is_open_to_others(key),
                asked: None,
            });
        }
        loaded
    }

    /// What was read; `None` where the client certificate cannot be used, which has been noted. What is wrong with the
    /// authorities is a failure of TLS.
    fn note_flaws(
        &self,
        probe: &mut Probe,
        loaded: Result<Loaded, Vec<Flaw>>,
    ) -> Result<Option<Loaded>, Failed> {
        let flaws = match loaded {
            Ok(loaded) => return Ok(Some(loaded)),
            Err(flaws) => flaws,
        };
        if flaws.iter().any(|flaw| flaw.member != "ca_file") {
            return Ok(None);
        }
        let all: Vec<_> = flaws.into_iter().map(|flaw| flaw.error).collect();
        let error = Error::Other(Box::new(Unusable(all.join("; "))));
        self.note(&mut probe.tls, Err(error), Phase::Connect).map(|_| None)
    }

    /// The same failure, if it is one of the way to the proxy.
    fn unreached(&self, error: Error) -> Error {
        match &self.proxy {
            Some(proxy) => proxy.unreached(error),
            None => error,
        }
    }
}

/// When the first certificate of a chain that was found good expires, if that is so many days from now.
fn expiry(
    verifier: &WebPkiServerVerifier,
    chain: &[CertificateDer],
    name: &ServerName,
    days: i64,
) -> Option<Timestamp> {
    let (leaf, between) = chain.split_first()?;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok()?;
    let then = now + Duration::try_from(SignedDuration::from_hours(24 * days)).ok()?;
    let found = verifier.verify_server_cert(leaf, between, name, &[], UnixTime::since_unix_epoch(then));
    match found {
        Err(rustls::Error::InvalidCertificate(CertificateError::ExpiredContext { not_after, .. })) => {
            Timestamp::from_second(i64::try_from(not_after.as_secs()).ok()?).ok()
        }
        _ => None,
    }
}

/// A client certificate that knows whether it was asked for.
#[derive(Debug)]
struct Shown {
    key: Arc<CertifiedKey>,
    asked: AtomicBool,
}

impl Shown {
    fn new(client: &Client) -> Result<Arc<Self>, Error> {
        let provider = ring::default_provider();
        let key = CertifiedKey::from_der(client.chain.clone(), client.key.clone_key(), &provider);
        Ok(Arc::new(Self { key: Arc::new(key.map_err(Error::Rustls)?), asked: AtomicBool::new(false) }))
    }
}

impl ResolvesClientCert for Shown {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.asked.store(true, Ordering::Relaxed);
        Some(Arc::clone(&self.key))
    }

    fn has_certs(&self) -> bool {
        true
    }
}
