//! The certificate of the server, read anew when it is told to.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::RwLock;
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use crate::error::{Error, Problem, Result};
use crate::file;

/// A certificate chain and its key, and where they came from.
pub struct Tls {
    chain: PathBuf,
    key: PathBuf,
    current: RwLock<Arc<ServerConfig>>,
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// `Invalid` where they cannot be used.
    pub fn load(chain: &Path, key: &Path) -> Result<Self> {
        let current = RwLock::new(read(chain, key)?);
        Ok(Self { chain: chain.to_owned(), key: key.to_owned(), current })
    }

    /// Reads the files again; what was read before stays where they cannot be used.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn reload(&self) -> Result<()> {
        *self.current.write() = read(&self.chain, &self.key)?;
        Ok(())
    }

    /// What connects with the certificate as it is now.
    pub fn acceptor(&self) -> TlsAcceptor {
        Arc::clone(&self.current.read()).into()
    }
}

fn read(chain: &Path, key: &Path) -> Result<Arc<ServerConfig>> {
    let cannot = |field, path: &Path, why: &dyn std::fmt::Display| {
        let problem = Problem::other(field, format!("cannot use `{}`: {why}", path.display()));
        Error::Invalid(vec![problem.hint("both files are PEM: the certificate chain, and its private key")])
    };
    let text = |field, path| file::read(path).map_err(|error| cannot(field, path, &error));
    let certificates: Vec<CertificateDer> = CertificateDer::pem_slice_iter(&text("tls_cert", chain)?)
        .collect::<std::result::Result<_, _>>()
        .map_err(|error| cannot("tls_cert", chain, &error))?;
    if certificates.is_empty() {
        return Err(cannot("tls_cert", chain, &"there is no certificate in it"));
    }
    let private = PrivateKeyDer::from_pem_slice(&text("tls_key", key)?).map_err(|error| match error {
        pem::Error::NoItemsFound => cannot("tls_key", key, &"there is no private key in it"),
        error => cannot("tls_key", key, &error),
    })?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(certificates, private))
        .map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => {
                cannot("tls_key", key, &"it is not the key of the certificate")
            }
            error => cannot("tls_cert", chain, &error),
        })?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
