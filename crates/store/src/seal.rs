//! Sealing tokens with a key that lies elsewhere, so that whoever gets the data folder alone gets none.

use std::fmt;

use anirewind_model::{AccessToken, UserId};
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use sha2::Sha256;

/// What a sealed file begins with. No token does: it has no spaces in it.
const MARK: &[u8] = b"anirewind sealed 1\n";
/// Chosen at random for each sealing; long enough for that.
const NONCE: usize = 24;

/// A key that tokens are sealed with: XChaCha20-Poly1305, with a key extracted by HKDF-SHA-256.
#[derive(Clone)]
pub struct SealingKey {
    cipher: XChaCha20Poly1305,
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealingKey")
    }
}

impl SealingKey {
    /// The key that somebody made up: it has to be random, and long.
    pub fn of(text: &str) -> Self {
        let (key, _) = Hkdf::<Sha256>::extract(Some(b"anirewind: tokens at rest"), text.as_bytes());
        Self {
            cipher: XChaCha20Poly1305::new(&key),
        }
    }

    /// Seals the token of an account; what comes out opens for that account alone. `None` where the system has
    /// no random numbers.
    pub(crate) fn seal(&self, owner: UserId, token: &AccessToken) -> Option<Vec<u8>> {
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).ok()?;
        let place = place(owner);
        let payload = Payload {
            msg: token.expose().as_bytes(),
            aad: place.as_bytes(),
        };
        let sealed = self.cipher.encrypt(&XNonce::from(nonce), payload).ok()?;
        Some([MARK, &nonce, &sealed].concat())
    }

    /// Opens what was sealed for an account; `None` with another key, for another account, or when it was
    /// tampered with.
    pub(crate) fn open(&self, owner: UserId, file: &[u8]) -> Option<String> {
        let (nonce, sealed) = file.strip_prefix(MARK)?.split_first_chunk::<NONCE>()?;
        let place = place(owner);
        let payload = Payload {
            msg: sealed,
            aad: place.as_bytes(),
        };
        let opened = self.cipher.decrypt(&XNonce::from(*nonce), payload).ok()?;
        String::from_utf8(opened).ok()
    }
}

/// Whether this is what a sealed file holds.
pub(crate) fn is_sealed(file: &[u8]) -> bool {
    file.starts_with(MARK)
}

/// What a sealed token is bound to, so that it cannot be moved to another account.
fn place(owner: UserId) -> String {
    format!("anirewind:token:{owner}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_with_the_same_key_for_the_same_account_only() {
        let (key, other) = (SealingKey::of("one"), SealingKey::of("two"));
        let (hana, mio) = (UserId::new(1), UserId::new(2));
        let token = AccessToken::new("a-token-that-is-long").unwrap();
        let sealed = key.seal(hana, &token).unwrap();
        assert!(is_sealed(&sealed));
        let window = token.expose().as_bytes();
        assert!(!sealed.windows(window.len()).any(|part| part == window));
        // Twice the same is never the same.
        assert_ne!(sealed, key.seal(hana, &token).unwrap());
        assert_eq!(key.open(hana, &sealed).as_deref(), Some(token.expose()));
        assert_eq!(
            SealingKey::of("one").open(hana, &sealed),
            key.open(hana, &sealed)
        );
        assert_eq!(other.open(hana, &sealed), None);
        assert_eq!(key.open(mio, &sealed), None);
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(key.open(hana, &changed), None, "{at}");
            assert_eq!(key.open(hana, &sealed[..at]), None, "{at}");
        }
    }
}
