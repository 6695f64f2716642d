//! The agents that send: each has connections of its own. Those with a client certificate or authorities of their own
//! are never shared with a webhook that has others, and are made anew when a file has changed.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use ureq::Agent;
use ureq::tls::{Certificate, ClientCert, PrivateKey, RootCerts, TlsConfig};

use super::files::{self, Client, Stamp};
use super::progress::NotingConnector;
use super::resolver::CachingResolver;
use super::{IDLE_CONNECTIONS, INPUT_BUFFER, LONGEST_HEAD};
use crate::webhook::TlsFiles;

/// An agent whose webhook was sent nothing for so long is given up: the webhook may be gone.
const KEPT: Duration = Duration::from_secs(10 * 60);

/// What a file of the webhook that is sent to has; nothing was sent.
#[derive(Debug)]
pub struct Unusable(pub String);

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unusable {}

/// In what agents differ, where webhooks have no files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Kind {
    /// Whether the URL is https.
    pub tls: bool,
    /// Whether it goes through the proxy.
    pub proxied: bool,
    /// For the whole exchange.
    pub timeout: Duration,
}

/// All agents of a sender.
pub struct Agents {
    resolver: CachingResolver,
    extra_roots: Vec<CertificateDer<'static>>,
    authorities: OnceLock<Vec<CertificateDer<'static>>>,
    common: OnceLock<RootCerts>,
    // ureq builds the TLS configuration anew for every connection where the timeout is set on the request. Timeouts
    // are whole seconds up to 30, so the agents are few.
    plain: Mutex<HashMap<Kind, Agent>>,
    special: Mutex<HashMap<(Kind, TlsFiles), Special>>,
}

/// An agent with files of its own.
struct Special {
    stamps: Vec<Option<Stamp>>,
    used: Instant,
    armed: Armed,
}

/// An agent and what is known of the certificate that it shows.
#[derive(Clone)]
pub struct Armed {
    /// The agent.
    pub agent: Agent,
    /// When its client certificate ends.
    pub ends: Option<Timestamp>,
}

impl Agents {
    pub fn new(resolver: CachingResolver, extra_roots: Vec<CertificateDer<'static>>) -> Self {
        let (authorities, common) = (OnceLock::new(), OnceLock::new());
        Self {
            resolver,
            extra_roots,
            authorities,
            common,
            plain: Mutex::default(),
            special: Mutex::default(),
        }
    }

    /// The agent for requests of this kind to a webhook without files.
    pub fn plain(&self, kind: Kind) -> Agent {
        let mut agents = self.plain.lock().unwrap_or_else(PoisonError::into_inner);
        agents.entry(kind).or_insert_with(|| self.new_agent(kind, None, Vec::new())).clone()
    }

    /// The agent for requests of this kind to a webhook with these files, as they are now.
    pub fn special(&self, kind: Kind, files: &TlsFiles) -> Result<Armed, Unusable> {
        // The stamps come first: what changes after them is seen next time.
        let stamps = files::stamps(files);
        let key = (kind, files.clone());
        let lock = || self.special.lock().unwrap_or_else(PoisonError::into_inner);
        let current = |agents: &mut HashMap<_, Special>| {
            let special = agents.get_mut(&key).filter(|special| special.stamps == stamps)?;
            special.used = Instant::now();
            Some(special.armed.clone())
        };
        if let Some(armed) = current(&mut lock()) {
            return Ok(armed);
        }
        let loaded = files::load(files).map_err(|flaws| {
            let all: Vec<_> = flaws.into_iter().map(|flaw| flaw.error).collect();
            Unusable(all.join("; "))
        })?;
        let ends = loaded.client.as_ref().and_then(|client| client.ends);
        let shown = loaded.client.as_ref().map(client_cert).transpose();
        let shown = shown.map_err(|error| Unusable(error.to_string()))?;
        let agent = self.new_agent(kind, shown, loaded.authorities);
        let mut agents = lock();
        // Another thread may have been faster; its agent may have connections by now.
        if let Some(armed) = current(&mut agents) {
            return Ok(armed);
        }
        agents.retain(|_, special| special.used.elapsed() < KEPT);
        let armed = Armed { agent, ends };
        agents.insert(key, Special { stamps, used: Instant::now(), armed: armed.clone() });
        Ok(armed)
    }

    fn new_agent(&self, kind: Kind, client: Option<ClientCert>, own: Vec<CertificateDer<'static>>) -> Agent {
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            // The environment's proxy would be dialled instead of the address that was judged; ours is dialled by our
            // connector.
            .proxy(None)
            .timeout_global(Some(kind.timeout))
            .max_response_header_size(LONGEST_HEAD)
            .input_buffer_size(INPUT_BUFFER)
            .output_buffer_size(16 * 1024)
            .max_idle_connections(IDLE_CONNECTIONS)
            .max_idle_connections_per_host(IDLE_CONNECTIONS);
        if kind.tls {
            let tls = TlsConfig::builder()
                .root_certs(self.roots(own))
                .client_cert(client)
                .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()));
            config = config.tls_config(tls.build());
        }
        let resolver = if kind.proxied { self.resolver.clone() } else { self.resolver.without_proxy() };
        let connector = NotingConnector::new(resolver.proxy());
        Agent::with_parts(config.build(), connector, resolver)
    }

    /// What is trusted by all, and these.
    fn roots(&self, own: Vec<CertificateDer<'static>>) -> RootCerts {
        let all = |more: Vec<CertificateDer>| {
            let all = self.authorities().iter().chain(&more).map(certificate);
            RootCerts::new_with_certs(&all.collect::<Vec<_>>())
        };
        // Agents without authorities of their own share one list.
        if own.is_empty() { self.common.get_or_init(|| all(own)).clone() } else { all(own) }
    }

    /// The system's roots and the configured ones. Reading them takes milliseconds, so it waits until
    /// something is sent over TLS.
    pub fn authorities(&self) -> &[CertificateDer<'static>] {
        self.authorities.get_or_init(|| {
            let system = rustls_native_certs::load_native_certs().certs;
            system.into_iter().chain(self.extra_roots.iter().cloned()).collect()
        })
    }
}

fn certificate(der: &CertificateDer) -> Certificate<'static> {
    Certificate::from_der(der).to_owned()
}

/// The key belongs to the certificate: ureq takes that for granted. It takes keys as PEM only.
fn client_cert(client: &Client) -> Result<ClientCert, ureq::Error> {
    let chain: Vec<_> = client.chain.iter().map(certificate).collect();
    let label = match &client.key {
        PrivateKeyDer::Pkcs1(_) => "RSA PRIVATE KEY",
        PrivateKeyDer::Sec1(_) => "EC PRIVATE KEY",
        _ => "PRIVATE KEY",
    };
    let der = BASE64_STANDARD.encode(client.key.secret_der());
    let pem = format!("-----BEGIN {label}-----\n{der}\n-----END {label}-----\n");
    Ok(ClientCert::new_with_certs(&chain, PrivateKey::from_pem(pem.as_bytes())?))
}
