//! Every domain-separation label, one a line. A label is used for one purpose.

/// Salt of the Argon2id that turns a phrase into a channel root; key derivation
/// of the channel's day keys.
pub(super) const CHANNEL: &[u8] = b"starling/1 chan";
/// Signature of a post.
pub(super) const CHANNEL_POST: &[u8] = b"starling/1 chan post";
/// Name of a message.
pub(super) const MESSAGE_ID: &[u8] = b"starling/1 message id";
/// Root of a public channel.
pub(super) const CHANNEL_PUBLIC: &[u8] = b"starling/1 chan public";
/// Local name of a conversation.
pub(super) const CONVERSATION: &[u8] = b"starling/1 conversation";
/// Local name of a conversation with one person.
pub(super) const CONVERSATION_DIRECT: &[u8] = b"starling/1 conversation direct";
/// Key of one slot of the vault.
pub(super) const VAULT_SLOT: &[u8] = b"starling/1 vault slot";
/// Key of the keybag.
pub(super) const KEYBAG: &[u8] = b"starling/1 keybag";
/// Key of the sealed copy of a profile's people.
pub(super) const PEOPLE_COPY: &[u8] = b"starling/1 people copy";
/// Identity signing key.
pub(super) const IDENTITY_SIGN: &[u8] = b"starling/1 id sign";
/// Identity Diffie-Hellman key.
pub(super) const IDENTITY_DH: &[u8] = b"starling/1 id dh";
/// Signature of a contact card.
pub(super) const CARD: &[u8] = b"starling/1 card";
/// Prologue of the handshake on links whose carrier does not encrypt.
pub(super) const LINK_NOISE: &[u8] = b"starling/1 link noise";
/// Start of a session: root and the first header chains.
pub(super) const SESSION: &[u8] = b"starling/1 session";
/// Step of a session's root chain.
pub(super) const SESSION_ROOT: &[u8] = b"starling/1 root";
/// Step of a header chain.
pub(super) const SESSION_HEAD: &[u8] = b"starling/1 head";
/// Key of one message's header.
pub(super) const SESSION_HEADER_SEAL: &[u8] = b"starling/1 hseal";
/// Key of one message's body.
pub(super) const SESSION_BODY: &[u8] = b"starling/1 body";
/// Name of a prekey inside a knock.
pub(super) const PREKEY_ID: &[u8] = b"starling/1 prekey id";
/// Signature of a bundle.
pub(super) const BUNDLE: &[u8] = b"starling/1 bundle";
/// Delivery tag of a bundle.
pub(super) const BUNDLE_TAG: &[u8] = b"starling/1 bundle tag";
/// Key of the envelope of a bundle.
pub(super) const BUNDLE_KEY: &[u8] = b"starling/1 bundle key";
/// Delivery tags of knocks.
pub(super) const KNOCK: &[u8] = b"starling/1 knock";
/// Key of the envelope of a knock.
pub(super) const KNOCK_KEY: &[u8] = b"starling/1 knock key";
/// Local name of a message that was declined with its knock.
pub(super) const KNOCK_DECLINED: &[u8] = b"starling/1 knock declined";
/// Key of the sealed sender of a knock.
pub(super) const KNOCK_ID: &[u8] = b"starling/1 knock id";
/// Secret that a knock agrees on.
pub(super) const KNOCK_SECRET: &[u8] = b"starling/1 x3dh";
/// Key that emoji and return codes are made of.
pub(super) const VERIFY: &[u8] = b"starling/1 verify";
/// Signature of a contact code.
pub(super) const CODE: &[u8] = b"starling/1 qr";
/// What a return code proves.
pub(super) const CODE_CONFIRM: &[u8] = b"starling/1 confirm";
/// Commitment to a random value of the emoji.
pub(super) const SAS_COMMIT: &[u8] = b"starling/1 sas commit";
/// The emoji.
pub(super) const SAS: &[u8] = b"starling/1 sas";
/// Commitment of an exchange of cards on one link.
pub(super) const NEARBY_COMMIT: &[u8] = b"starling/1 nearby commit";
/// The emoji of an exchange of cards on one link.
pub(super) const NEARBY_SAS: &[u8] = b"starling/1 nearby sas";
/// Name of a member in one group.
pub(super) const GROUP_MEMBER: &[u8] = b"starling/1 member";
/// Binds the wraps of an operation to its group and place.
pub(super) const GROUP_REKEY: &[u8] = b"starling/1 rekey";
/// Randomness of one wrap.
pub(super) const GROUP_WRAP: &[u8] = b"starling/1 wrap";
/// Key of the sealed part of an operation.
pub(super) const GROUP_OP: &[u8] = b"starling/1 op";
/// Signature of a second admin under a removal.
pub(super) const GROUP_CONSENT: &[u8] = b"starling/1 gconsent";
/// A group's conversation.
pub(super) const CONVERSATION_GROUP: &[u8] = b"starling/1 conversation group";
/// Start of a member's chain of messages in one epoch.
pub(super) const GROUP_SEND: &[u8] = b"starling/1 gsend";
/// Start of a member's control chain in one epoch.
pub(super) const GROUP_CONTROL: &[u8] = b"starling/1 gctl";
/// Signature of a message of a group.
pub(super) const GROUP_MESSAGE: &[u8] = b"starling/1 gmsg";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_distinct_and_carry_project_and_version() {
        let labels = [
            CHANNEL,
            CHANNEL_POST,
            MESSAGE_ID,
            CHANNEL_PUBLIC,
            CONVERSATION,
            CONVERSATION_DIRECT,
            VAULT_SLOT,
            KEYBAG,
            PEOPLE_COPY,
            IDENTITY_SIGN,
            IDENTITY_DH,
            CARD,
            LINK_NOISE,
            SESSION,
            SESSION_ROOT,
            SESSION_HEAD,
            SESSION_HEADER_SEAL,
            SESSION_BODY,
            PREKEY_ID,
            BUNDLE,
            BUNDLE_TAG,
            BUNDLE_KEY,
            KNOCK,
            KNOCK_KEY,
            KNOCK_ID,
            KNOCK_SECRET,
            VERIFY,
            CODE,
            CODE_CONFIRM,
            SAS_COMMIT,
            SAS,
            NEARBY_COMMIT,
            NEARBY_SAS,
            GROUP_MEMBER,
            GROUP_REKEY,
            GROUP_WRAP,
            GROUP_OP,
            GROUP_CONSENT,
            GROUP_SEND,
            GROUP_CONTROL,
            GROUP_MESSAGE,
            CONVERSATION_GROUP,
        ];
        assert!(labels.iter().all(|label| label.starts_with(b"starling/1 ")));
        let distinct: std::collections::BTreeSet<_> = labels.iter().collect();
        assert_eq!(distinct.len(), labels.len());
    }
}
