//! The three chains of a session, of which groups share two. Each step replaces its key, so that what was
//! derived before cannot be derived again.

use super::super::labels;
use super::super::primitives::{expand, hkdf, hmac};
use super::super::secret::Secret;
use super::Tag;

/// Steps of a chain of message keys (HMAC's message; the values of Signal's Double
/// Ratchet, §7.2).
const MESSAGE_KEY: &[u8] = &[1];
const NEXT_CHAIN_KEY: &[u8] = &[2];

/// What a session begins with: `HKDF(0, SK, "starling/1 session", 96) → RK ‖ HC of
/// the initiator's first chain ‖ HC of the answerer's`.
pub(super) fn start(shared: &Secret<32>) -> [Secret<32>; 3] {
    split(&hkdf(&[0; 32], shared.expose(), &[labels::SESSION]))
}

/// `KDF_RK(RK, dh) = HKDF(RK, dh, "starling/1 root", 96) → RK' ‖ CK ‖ NHC`: the next
/// root, the message chain that begins, and the header chain of the one after it in
/// the same direction.
pub(super) fn root_step(root: &Secret<32>, agreed: &Secret<32>) -> [Secret<32>; 3] {
    split(&hkdf(
        root.expose(),
        agreed.expose(),
        &[labels::SESSION_ROOT],
    ))
}

/// `EXP(hk, "starling/1 hseal" ‖ salt, 32)`: seals one header, once.
pub(super) fn header_seal_key(header_key: &Secret<32>, salt: &[u8]) -> Secret<32> {
    expand(header_key, &[labels::SESSION_HEADER_SEAL, salt])
}

/// `EXP(mk, "starling/1 body" ‖ salt, 32)`: seals one body, once. The salt keeps a
/// state that a restore rolled back from using a key twice.
pub(in crate::crypto) fn body_key(message_key: &Secret<32>, salt: &[u8]) -> Secret<32> {
    expand(message_key, &[labels::SESSION_BODY, salt])
}

/// `KDF_HC(HC) = EXP(HC, "starling/1 head", 80) → HC' ‖ tag ‖ hk`.
pub(in crate::crypto) struct HeaderChain {
    key: Secret<32>,
    /// Of the message whose tag and key come next.
    pub(in crate::crypto) n: u32,
}

impl HeaderChain {
    pub(in crate::crypto) fn new(key: Secret<32>, n: u32) -> Self {
        Self { key, n }
    }

    pub(in crate::crypto) fn key(&self) -> &Secret<32> {
        &self.key
    }

    pub(in crate::crypto) fn step(&mut self) -> (Tag, Secret<32>) {
        let expanded: Secret<80> = expand(&self.key, &[labels::SESSION_HEAD]);
        let (mut tag, mut header_key) = ([0; 16], Secret::<32>::zeroed());
        let parts = self.key.expose_mut().iter_mut().chain(&mut tag);
        let parts = parts.chain(header_key.expose_mut());
        parts
            .zip(expanded.expose())
            .for_each(|(slot, byte)| *slot = *byte);
        self.n = self.n.saturating_add(1);
        (tag, header_key)
    }

    pub(in crate::crypto) fn copy(&self) -> Self {
        Self::new(copy(&self.key), self.n)
    }
}

/// Everything that one message needs.
pub(in crate::crypto) struct MessageKeys {
    pub(in crate::crypto) tag: Tag,
    pub(in crate::crypto) header_key: Secret<32>,
    pub(in crate::crypto) message_key: Secret<32>,
}

/// The messages of one direction between two ratchet steps: header chain and message
/// chain, in step.
pub(in crate::crypto) struct Chain {
    head: HeaderChain,
    message: Secret<32>,
}

impl Chain {
    pub(in crate::crypto) fn new(head: HeaderChain, message: Secret<32>) -> Self {
        Self { head, message }
    }

    /// Number of the next message.
    pub(in crate::crypto) fn n(&self) -> u32 {
        self.head.n
    }

    /// Both keys of the chain, for the store.
    pub(in crate::crypto) fn keys(&self) -> [&Secret<32>; 2] {
        [&self.head.key, &self.message]
    }

    pub(in crate::crypto) fn head(&self) -> &HeaderChain {
        &self.head
    }

    /// `KDF_HC`, and `KDF_CK(CK): mk = HMAC(CK, 0x01), CK' = HMAC(CK, 0x02)`.
    pub(in crate::crypto) fn step(&mut self) -> MessageKeys {
        let (tag, header_key) = self.head.step();
        let message_key = hmac(&self.message, MESSAGE_KEY);
        self.message = hmac(&self.message, NEXT_CHAIN_KEY);
        MessageKeys {
            tag,
            header_key,
            message_key,
        }
    }

    pub(in crate::crypto) fn copy(&self) -> Self {
        Self {
            head: self.head.copy(),
            message: copy(&self.message),
        }
    }
}

/// A second copy of a key, where a step is prepared that may not be taken.
pub(in crate::crypto) fn copy(secret: &Secret<32>) -> Secret<32> {
    let mut copied = Secret::zeroed();
    *copied.expose_mut() = *secret.expose();
    copied
}

fn split(expanded: &Secret<96>) -> [Secret<32>; 3] {
    let mut parts = [Secret::zeroed(), Secret::zeroed(), Secret::zeroed()];
    parts
        .iter_mut()
        .flat_map(Secret::<32>::expose_mut)
        .zip(expanded.expose())
        .for_each(|(slot, byte)| *slot = *byte);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn counting(first: u8) -> Secret<32> {
        let mut secret = Secret::zeroed();
        let slots = secret.expose_mut().iter_mut();
        slots.zip(first..).for_each(|(slot, byte)| *slot = byte);
        secret
    }

    /// Computed by a second implementation, and root and chain step by Syndace's
    /// DoubleRatchet 1.3.0 too.
    #[test]
    fn steps_are_the_known_answers() {
        let [root, message, head] = root_step(&counting(0), &counting(0x20));
        assert_eq!(
            [&root, &message, &head].map(|key| hex(key.expose())),
            [
                "c978f546ed213806e5897d2bb45d8c3f477af1f7e6db2bf6ab5363ad6539cf91",
                "05ed57433d44aa18cc4ea92e3bde01fc8e7ad64540cd639439141b252a5a79bd",
                "79b9e1486cfe252305409e3f7c080b4422e24323676d141ad72c6d06a9f5c964",
            ]
        );
        let mut chain = Chain::new(HeaderChain::new(head, 0), message);
        let keys = chain.step();
        assert_eq!(
            [&keys.message_key, chain.keys()[0], &keys.header_key].map(|key| hex(key.expose())),
            [
                "133cf25afc4eaaba796f21da6fb3e89d2db00330be4f80a8ee87e0d1e3beddb4",
                "859a310a76c449a15b9445a15eb2523a4ef0d555973bf10c527371f24b84025b",
                "4fdf5c8ba4c93278601b12fc6797dedb7c3f84d94c9c26a5e81e4985462826f9",
            ]
        );
        assert_eq!(hex(&keys.tag), "7b2e17fc51a1e0f882b540b7121540a8");
        assert_eq!(chain.n(), 1);
        let salt: Vec<u8> = (0..8).collect();
        assert_eq!(
            hex(body_key(&keys.message_key, &salt).expose()),
            "9ee24d0ddf4442a465cb90d97705c51dd311367e2632a0d072ca6ff8b11de68d"
        );
    }

    #[test]
    fn header_and_body_keys_change_with_the_salt_and_differ() {
        let key = counting(7);
        let keys = [
            header_seal_key(&key, &[0; 8]),
            header_seal_key(&key, &[1; 8]),
            body_key(&key, &[0; 8]),
            body_key(&key, &[1; 8]),
        ];
        let distinct: std::collections::BTreeSet<_> = keys.iter().map(Secret::expose).collect();
        assert_eq!(distinct.len(), 4);
    }
}
