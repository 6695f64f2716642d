//! The files that a webhook shows and trusts over TLS: read, and whether they can be used. What is wrong is said with
//! the name of the file and the way to mend it, and never with what is in it.

use std::fs;
use std::io::ErrorKind;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::sign::CertifiedKey;
use rustls::{CertificateError, RootCertStore};

use crate::file;
use crate::webhook::{ClientFiles, TlsFiles};

/// After the end of every certificate.
const FAR: Duration = Duration::from_secs(1000 * 365 * 24 * 60 * 60);

/// Why a file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// The member of the webhook that names it.
    pub member: &'static str,
    /// One clause with its path.
    pub error: String,
    /// The way to mend it.
    pub hint: String,
}

/// What is in the files.
#[derive(Default)]
pub struct Loaded {
    /// The client certificate with its key.
    pub client: Option<Client>,
    /// What is trusted beside the rest.
    pub authorities: Vec<CertificateDer<'static>>,
}

/// A client certificate.
pub struct Client {
    /// It, and those between it and its authority.
    pub chain: Vec<CertificateDer<'static>>,
    /// Its private key, which belongs to it.
    pub key: PrivateKeyDer<'static>,
    /// When it begins, if that is in the future.
    pub begins: Option<Timestamp>,
    /// When it ends, if that can be told.
    pub ends: Option<Timestamp>,
}

/// What identifies the contents of a file without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    length: u64,
    modified: Option<SystemTime>,
    /// A file that was put in the place of another one may have the same age and size.
    #[cfg(unix)]
    node: (u64, u64, i64, i64),
}

/// The stamps of all the files; `None` for one that is not there.
pub fn stamps(files: &TlsFiles) -> Vec<Option<Stamp>> {
    let paths = [files.cert(), files.key(), files.ca_file.as_deref()];
    paths.into_iter().flatten().map(|path| fs::metadata(path).ok().map(|found| stamp(&found))).collect()
}

fn stamp(found: &fs::Metadata) -> Stamp {
    #[cfg(unix)]
    use std::os::unix::fs::MetadataExt;
    Stamp {
        length: found.len(),
        modified: found.modified().ok(),
        #[cfg(unix)]
        node: (found.dev(), found.ino(), found.ctime(), found.ctime_nsec()),
    }
}

/// Reads the files.
///
/// # Errors
/// All that is wrong with them; that a certificate has expired is not, because its receiver is who judges that.
pub fn load(files: &TlsFiles) -> Result<Loaded, Vec<Flaw>> {
    let mut flaws = Vec::new();
    let mut loaded = Loaded::default();
    if let Some(client) = &files.client {
        loaded.client = client_of(client, &mut flaws);
    }
    if let Some(path) = &files.ca_file {
        match certificates("ca_file", path).and_then(|found| trusted(path, found)) {
            Ok(found) => loaded.authorities = found,
            Err(flaw) => flaws.push(flaw),
        }
    }
    if flaws.is_empty() { Ok(loaded) } else { Err(flaws) }
}

/// Whether a client certificate that was read is in its time at `now`.
pub fn in_time(client: &Client, path: &str, now: Timestamp) -> Result<(), Flaw> {
    let flaw = |error: String, hint: &str| {
        Err(Flaw {
            member: "client_cert",
            error: format!("cannot use client_cert `{path}`: {error}"),
            hint: hint.into(),
        })
    };
    match (client.begins, client.ends) {
        (Some(begins), _) => flaw(
            format!("it is not valid before {begins}"),
            "check the clock of this machine, or wait until then",
        ),
        (_, Some(ends)) if ends <= now => flaw(
            format!("it expired at {ends}"),
            "have its authority issue a new one, and put it with its key in the place of the files",
        ),
        _ => Ok(()),
    }
}

/// Whether other users of this machine can read or write the file.
pub fn is_open_to_others(path: &str) -> bool {
    fs::metadata(path).is_ok_and(|found| file::is_open_to_all(&found))
}

/// What is in a pair of files, as far as both can be used.
fn client_of(files: &ClientFiles, flaws: &mut Vec<Flaw>) -> Option<Client> {
    let chain = certificates("client_cert", &files.cert).map_err(|flaw| flaws.push(flaw)).ok();
    let key = key(&files.key).map_err(|flaw| flaws.push(flaw)).ok();
    let (chain, key) = (chain?, key?);
    match CertifiedKey::from_der(chain.clone(), key.clone_key(), &ring::default_provider()) {
        Ok(_) => {
            let (begins, ends) = times(&chain);
            Some(Client { chain, key, begins, ends })
        }
        Err(error) => {
            flaws.push(mismatch(files, &error));
            None
        }
    }
}

fn mismatch(files: &ClientFiles, error: &rustls::Error) -> Flaw {
    let ClientFiles { cert, key } = files;
    match error {
        rustls::Error::InconsistentKeys(_) => Flaw {
            member: "client_key",
            error: format!("cannot use client_key `{key}`: it is not the key of the certificate in `{cert}`"),
            hint: "the certificate of the client comes first in its file, before those of authorities"
                .to_owned(),
        },
        rustls::Error::InvalidCertificate(error) => Flaw {
            member: "client_cert",
            error: format!(
                "cannot use client_cert `{cert}`: its first certificate is damaged or of an old version: {error:?}"
            ),
            hint: "have it issued as X.509 version 3, which is what it is with any extension".to_owned(),
        },
        _ => Flaw {
            member: "client_key",
            error: format!(
                "cannot use client_key `{key}`: it is damaged, or of a kind that cannot be used here"
            ),
            hint: "it is a private key of RSA (2048 bits or more), ECDSA (P-256 or P-384) or Ed25519"
                .to_owned(),
        },
    }
}

/// The text of a file.
fn read(member: &'static str, path: &str) -> Result<Vec<u8>, Flaw> {
    file::read(path).map_err(|error| {
        let (why, hint) = match error.kind() {
            ErrorKind::NotFound => ("there is no such file".to_owned(), "check the path"),
            ErrorKind::PermissionDenied => (
                "this user may not read it".to_owned(),
                "whoever sends has to be able to read it, with `serve` that is the user of the service",
            ),
            _ => (error.to_string(), "give a file with PEM in it"),
        };
        Flaw { member, error: format!("cannot read {member} `{path}`: {why}"), hint: hint.to_owned() }
    })
}

fn certificates(member: &'static str, path: &str) -> Result<Vec<CertificateDer<'static>>, Flaw> {
    let text = read(member, path)?;
    let found: Result<Vec<_>, pem::Error> = CertificateDer::pem_slice_iter(&text).collect();
    let why = match found {
        Ok(found) if !found.is_empty() => return Ok(found),
        Ok(_) if is_pem(&text) => "there is no certificate in it",
        _ => "it is not PEM",
    };
    Err(Flaw {
        member,
        error: format!("cannot use {member} `{path}`: {why}"),
        hint: "a certificate in PEM begins with `-----BEGIN CERTIFICATE-----`; `openssl x509 -inform der -in FILE -out \
               FILE.pem` makes it of one in DER"
            .to_owned(),
    })
}

fn key(path: &str) -> Result<PrivateKeyDer<'static>, Flaw> {
    let text = read("client_key", path)?;
    let flaw = |why: &str, hint: &str| {
        let error = format!("cannot use client_key `{path}`: {why}");
        Err(Flaw { member: "client_key", error, hint: hint.to_owned() })
    };
    if holds(&text, b"-----BEGIN ENCRYPTED PRIVATE KEY") || holds(&text, b"Proc-Type: 4,ENCRYPTED") {
        return flaw(
            "its private key is locked with a passphrase, for which nobody can be asked",
            "`openssl pkey -in FILE -out NEW` unlocks it; `chmod 600` protects the result",
        );
    }
    match PrivateKeyDer::from_pem_slice(&text) {
        Ok(key) => Ok(key),
        Err(pem::Error::NoItemsFound) if is_pem(&text) => flaw(
            "there is no private key in it",
            "`--client-key` names the file with `-----BEGIN PRIVATE KEY-----`",
        ),
        Err(_) => flaw(
            "it is not PEM",
            "`openssl pkey -inform der -in FILE -out FILE.pem` makes PEM of a key in DER",
        ),
    }
}

fn is_pem(text: &[u8]) -> bool {
    holds(text, b"-----BEGIN ")
}

fn holds(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

/// Those certificates, if authorities can be made of them.
fn trusted(path: &str, found: Vec<CertificateDer<'static>>) -> Result<Vec<CertificateDer<'static>>, Flaw> {
    let mut roots = RootCertStore::empty();
    match found.iter().try_for_each(|one| roots.add(one.clone())) {
        Ok(()) => Ok(found),
        Err(error) => Err(Flaw {
            member: "ca_file",
            error: format!("cannot use ca_file `{path}`: a certificate in it is damaged: {error}"),
            hint: "get the certificate of the receiver's authority anew".to_owned(),
        }),
    }
}

/// When the first certificate of a chain begins, if that is in the future, and when it ends. The verifier looks at
/// the time before anything else, and says it where it is not right.
fn times(chain: &[CertificateDer]) -> (Option<Timestamp>, Option<Timestamp>) {
    let Some(leaf) = chain.first() else { return (None, None) };
    let mut roots = RootCertStore::empty();
    // Who issued it is not known here; an authority has to be there for there to be a verifier.
    if roots.add(leaf.clone().into_owned()).is_err() {
        return (None, None);
    }
    let provider = Arc::new(ring::default_provider());
    let Ok(verifier) = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build() else {
        return (None, None);
    };
    let moment = |time: UnixTime| Timestamp::from_second(i64::try_from(time.as_secs()).ok()?).ok();
    let at = |time: Duration| match verifier.verify_client_cert(leaf, &[], UnixTime::since_unix_epoch(time)) {
        Err(rustls::Error::InvalidCertificate(error)) => Some(error),
        _ => None,
    };
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let begins = match at(now) {
        Some(CertificateError::NotValidYetContext { not_before, .. }) => moment(not_before),
        _ => None,
    };
    let ends = match at(now + FAR) {
        Some(CertificateError::ExpiredContext { not_after, .. }) => moment(not_after),
        _ => None,
    };
    (begins, ends)
}
