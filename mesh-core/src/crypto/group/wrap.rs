//! The secret of an operation, wrapped to each member.
//!
//! `wrap = HPKE-Base.seal(MK, ES, info = "starling/1 rekey" ‖ gid ‖ parents)`, 80
//! bytes, with the randomness `EXP(ES, "starling/1 wrap" ‖ member id, 32)`: whoever has
//! opened one wrap can make all others again, and sees if somebody was left out.

use super::super::labels;
use super::super::primitives::{expand, public_key};
use super::super::secret::Secret;
use super::hpke::{HPKE_OVERHEAD_BYTES, hpke_open, hpke_seal};
use super::member::{GroupId, MemberId};

/// Bytes of a wrap.
pub(super) const WRAP_BYTES: usize = 32 + HPKE_OVERHEAD_BYTES;
pub(super) type Wrap = [u8; WRAP_BYTES];

/// What wraps are bound to: the group, and the operations before.
pub(super) fn wrap_info(gid: &GroupId, parents: &[[u8; 32]]) -> Vec<u8> {
    [labels::GROUP_REKEY, gid, parents.as_flattened()].concat()
}

/// The one wrap of `secret` for a member with this key; `None` for a key of low order.
pub(super) fn wrap(
    info: &[u8],
    secret: &Secret<32>,
    member: MemberId,
    mk: &[u8; 32],
) -> Option<Wrap> {
    let randomness = expand(secret, &[labels::GROUP_WRAP, &member.0]);
    let sealed = hpke_seal(mk, secret.expose(), info, &randomness)?;
    sealed.try_into().ok()
}

/// What is wrapped for whichever of our keys, newest first, in any of the wraps.
pub(super) fn unwrap<'a>(
    info: &[u8],
    wraps: &[Wrap],
    own: impl Iterator<Item = &'a Secret<32>>,
) -> Option<Secret<32>> {
    for secret in own {
        let public = public_key(secret);
        let open = |wrap: &Wrap| hpke_open(secret, &public, wrap, info);
        if let Some(opened) = wraps.iter().find_map(open) {
            let mut bytes = <[u8; 32]>::try_from(opened.as_slice()).ok()?;
            return Some(Secret::take(&mut bytes));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wraps_follow_from_the_secret_and_differ_by_member_key_group_and_place() {
        let secret = Secret::take(&mut [1; 32]);
        let [ana, bela] = [2, 3].map(|byte| Secret::take(&mut [byte; 32]));
        let [of_ana, of_bela] = [&ana, &bela].map(public_key);
        let info = wrap_info(&[4; 32], &[[5; 32]]);
        let id = MemberId([6; 16]);
        let made = wrap(&info, &secret, id, &of_ana).unwrap();
        assert_eq!(wrap(&info, &secret, id, &of_ana), Some(made));
        let others = [
            wrap(&info, &secret, MemberId([7; 16]), &of_ana),
            wrap(&info, &secret, id, &of_bela),
            wrap(&wrap_info(&[5; 32], &[[5; 32]]), &secret, id, &of_ana),
            wrap(&wrap_info(&[4; 32], &[]), &secret, id, &of_ana),
        ];
        assert!(
            others
                .iter()
                .all(|other| other.is_some_and(|it| it != made))
        );
        let wraps = [others[1].unwrap(), made];
        assert!(unwrap(&info, &wraps, [&ana].into_iter()) == Some(secret));
        let foreign = Secret::take(&mut [9; 32]);
        assert!(unwrap(&info, &wraps, [&foreign].into_iter()).is_none());
        assert_eq!(wrap(&info, &foreign, id, &[0; 32]), None);
    }
}
