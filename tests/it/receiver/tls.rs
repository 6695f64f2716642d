//! Certificates made at run time: a certification authority of the test's own, and good and bad leaves signed by it.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{ALL_VERSIONS, RootCertStore, ServerConfig, SupportedProtocolVersion};

use crate::sandbox::Sandbox;

/// Hours of a day, the unit in which validity is counted.
const DAY: i64 = 24;

/// A certificate with its key, ready for a receiver to present.
#[derive(Clone)]
pub struct TlsIdentity {
    pub(super) config: Arc<ServerConfig>,
    chain: Vec<CertificateDer<'static>>,
    pem: String,
    key_pem: String,
}

impl TlsIdentity {
    /// A certificate that is in date but signed by nobody other than itself.
    pub fn self_signed(host: &str) -> Self {
        let key = new_key();
        let cert = leaf(host, Validity::default()).self_signed(&key).expect("a certificate can be signed");
        Self::assemble(vec![cert.der().clone()], cert.pem(), &key)
    }

    /// What `openssl req -x509` makes if nobody says otherwise: signed by itself, and as an authority.
    pub fn authority(host: &str) -> Self {
        let key = new_key();
        let mut params = leaf(host, Validity::default());
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let cert = params.self_signed(&key).expect("a certificate can be signed");
        Self::assemble(vec![cert.der().clone()], cert.pem(), &key)
    }

    /// The certificate as PEM text.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// Its private key as PEM text.
    pub fn key_pem(&self) -> &str {
        &self.key_pem
    }

    /// The first certificate as DER.
    pub fn der(&self) -> Vec<u8> {
        self.chain[0].to_vec()
    }

    /// Writes the certificate and its key beside each other: `NAME.pem` and `NAME.key`.
    pub fn write_to(&self, sandbox: &Sandbox, name: &str) {
        let key = sandbox.write(format!("{name}.key"), self.key_pem());
        std::fs::set_permissions(key, std::fs::Permissions::from_mode(0o600)).expect("it is ours");
        sandbox.write(format!("{name}.pem"), self.pem());
    }

    /// The same for a receiver that demands a certificate of this authority from its clients.
    pub fn demanding(&self, ca: &TestCa) -> Self {
        self.demanding_over(ca, ALL_VERSIONS)
    }

    /// The same with these versions of TLS only.
    pub fn demanding_over(&self, ca: &TestCa, versions: &[&'static SupportedProtocolVersion]) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(ca.issuer.der().clone()).expect("it is an authority");
        let provider = Arc::new(ring::default_provider());
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
        let key = PrivateKeyDer::from_pem_slice(self.key_pem.as_bytes()).expect("it is a key");
        let config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .expect("the provider supports the versions")
            .with_client_cert_verifier(verifier.build().expect("there is an authority"))
            .with_single_cert(self.chain.clone(), key)
            .expect("the key belongs to the certificate");
        Self { config: Arc::new(config), ..self.clone() }
    }

    fn assemble(chain: Vec<CertificateDer<'static>>, pem: String, key: &KeyPair) -> Self {
        let key_pem = key.serialize_pem();
        let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("the provider supports the usual versions")
            .with_no_client_auth()
            .with_single_cert(chain.clone(), key)
            .expect("the key belongs to the certificate");
        Self { config: Arc::new(config), chain, pem, key_pem }
    }
}

/// A certification authority; a leaf of another one is a leaf of an unknown issuer.
pub struct TestCa {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl TestCa {
    /// A fresh authority with its own key.
    pub fn new() -> Self {
        // Names of their own, so that a leaf of another authority fails for its issuer and not for its signature.
        static NEXT: AtomicUsize = AtomicUsize::new(1);
        let serial = NEXT.fetch_add(1, Ordering::Relaxed);
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, format!("Test authority {serial}"));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let issuer = CertifiedIssuer::self_signed(params, new_key())
            .expect("an authority can sign its own certificate");
        Self { issuer }
    }

    /// The authority's certificate as PEM text.
    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// Writes the authority's certificate to a file.
    pub fn write_pem(&self, path: &Path) {
        std::fs::write(path, self.pem()).expect("the certificate can be written");
    }

    /// A certificate for the host (a name or an IP address), from yesterday until in 90 days.
    pub fn valid(&self, host: &str) -> TlsIdentity {
        self.sign(host, Validity::default())
    }

    /// A certificate for the host whose time ended yesterday.
    pub fn expired(&self, host: &str) -> TlsIdentity {
        self.sign(host, Validity(-30 * DAY, -DAY))
    }

    /// A certificate for the host whose time begins tomorrow.
    pub fn not_yet_valid(&self, host: &str) -> TlsIdentity {
        self.sign(host, Validity(DAY, 30 * DAY))
    }

    /// A valid certificate for a host that is not the one that the test connects to.
    pub fn wrong_host(&self, other: &str) -> TlsIdentity {
        self.valid(other)
    }

    /// A certificate for a client of this name, from yesterday until in so many days and one hour; a negative number
    /// lies in the past.
    pub fn client(&self, name: &str, days: i64) -> TlsIdentity {
        self.sign_client(name, Validity(days.min(0) * DAY - DAY, days * DAY + 1))
    }

    /// A certificate for a client whose time begins tomorrow.
    pub fn client_of_tomorrow(&self, name: &str) -> TlsIdentity {
        self.sign_client(name, Validity(DAY, 30 * DAY))
    }

    /// A certificate for a client through an authority between it and this one; both in its file.
    pub fn client_through_authority(&self, name: &str) -> TlsIdentity {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.distinguished_name.push(DnType::CommonName, "Test authority for clients");
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let between = CertifiedIssuer::signed_by(params, new_key(), &self.issuer).expect("it can be signed");
        let key = new_key();
        let mut params = leaf(name, Validity::default());
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let cert = params.signed_by(&key, &between).expect("it can be signed");
        let pem = cert.pem() + &between.pem();
        TlsIdentity::assemble(vec![cert.der().clone(), between.der().clone()], pem, &key)
    }

    fn sign_client(&self, name: &str, validity: Validity) -> TlsIdentity {
        let key = new_key();
        let mut params = leaf(name, validity);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let cert = params.signed_by(&key, &self.issuer).expect("a certificate can be signed");
        TlsIdentity::assemble(vec![cert.der().clone()], cert.pem(), &key)
    }

    /// A certificate for `localhost` whose time ends in this many days and one hour, so that the whole days left are
    /// exactly this many while a test runs.
    pub fn expiring_in_days(&self, days: u32) -> TlsIdentity {
        self.sign("localhost", Validity(-DAY, i64::from(days) * DAY + 1))
    }

    /// A certificate for `localhost` that is good for 90 days, and an authority between it and this one that is good for
    /// this many days only.
    pub fn through_authority_expiring_in_days(&self, days: u32) -> TlsIdentity {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.distinguished_name.push(DnType::CommonName, "Test authority between");
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        params.not_before = date_time_ymd(1970, 1, 1) + hours_from_now(-DAY);
        params.not_after = date_time_ymd(1970, 1, 1) + hours_from_now(i64::from(days) * DAY + 1);
        let between = CertifiedIssuer::signed_by(params, new_key(), &self.issuer).expect("it can be signed");
        let key = new_key();
        let cert =
            leaf("localhost", Validity::default()).signed_by(&key, &between).expect("it can be signed");
        TlsIdentity::assemble(vec![cert.der().clone(), between.der().clone()], cert.pem(), &key)
    }

    fn sign(&self, host: &str, validity: Validity) -> TlsIdentity {
        let key = new_key();
        let cert = leaf(host, validity).signed_by(&key, &self.issuer).expect("a certificate can be signed");
        TlsIdentity::assemble(vec![cert.der().clone()], cert.pem(), &key)
    }
}

/// The first and the last moment of a certificate, in hours from now.
struct Validity(i64, i64);

impl Default for Validity {
    fn default() -> Self {
        Self(-DAY, 90 * DAY)
    }
}

/// The moment this many hours from now, as a time since 1970.
fn hours_from_now(hours: i64) -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is past 1970");
    let then = now.as_secs().checked_add_signed(hours * 60 * 60);
    Duration::from_secs(then.expect("the time is past 1970"))
}

fn new_key() -> KeyPair {
    KeyPair::generate().expect("a key can be generated")
}

/// The contents of a server certificate.
fn leaf(host: &str, Validity(start, end): Validity) -> CertificateParams {
    let mut params = CertificateParams::new(vec![host.to_owned()]).expect("the host is a valid name");
    params.distinguished_name.push(DnType::CommonName, host);
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.not_before = date_time_ymd(1970, 1, 1) + hours_from_now(start);
    params.not_after = date_time_ymd(1970, 1, 1) + hours_from_now(end);
    params
}
