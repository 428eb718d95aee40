//! Things that come in pieces, put together within bounds.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use crate::crypto::group::{MemberId, OP_BYTES_MAX};
use crate::limits::GROUP_ASSEMBLIES_MAX;

/// The pieces of one thing.
#[derive(Clone, PartialEq, Eq, Default)]
pub(super) struct Assembly {
    count: u8,
    pieces: BTreeMap<u8, Zeroizing<Vec<u8>>>,
}

impl Assembly {
    /// Takes a piece; whatever does not fit the others takes their place.
    pub(super) fn put(&mut self, index: u8, count: u8, bytes: &[u8]) {
        if self.count != count {
            self.pieces.clear();
            self.count = count;
        }
        self.pieces
            .entry(index)
            .or_insert_with(|| Zeroizing::new(bytes.to_vec()));
    }

    /// The whole, once nothing is missing.
    pub(super) fn whole(&self) -> Option<Zeroizing<Vec<u8>>> {
        let is_whole = self.count > 0 && self.pieces.len() == usize::from(self.count);
        is_whole.then(|| {
            // The room is there from the start: growing would leave copies of secrets.
            let mut whole = Zeroizing::new(Vec::with_capacity(self.bytes()));
            for piece in self.pieces.values() {
                whole.extend_from_slice(piece);
            }
            whole
        })
    }

    /// How many there are, and those that came, for the store.
    pub(super) fn parts(&self) -> (u8, impl Iterator<Item = (u8, &[u8])>) {
        let pieces = self.pieces.iter();
        (
            self.count,
            pieces.map(|(index, piece)| (*index, piece.as_slice())),
        )
    }

    fn bytes(&self) -> usize {
        self.pieces.values().map(|piece| piece.len()).sum()
    }
}

/// Operations whose pieces come from members, a few of each at a time.
#[derive(Default)]
pub(super) struct Pieces {
    /// By author, the oldest first.
    open: BTreeMap<MemberId, Vec<([u8; 8], Assembly)>>,
}

impl Pieces {
    /// Takes a piece; gives the operation that it completes.
    pub(super) fn put(
        &mut self,
        author: MemberId,
        op: [u8; 8],
        (index, count): (u8, u8),
        bytes: &[u8],
    ) -> Option<Vec<u8>> {
        let open = self.open.entry(author).or_default();
        let at = match open.iter().position(|(of, _)| *of == op) {
            Some(at) => at,
            None => {
                if open.len() >= GROUP_ASSEMBLIES_MAX {
                    open.remove(0);
                }
                open.push((op, Assembly::default()));
                open.len() - 1
            }
        };
        let (_, assembly) = open.get_mut(at)?;
        assembly.put(index, count, bytes);
        let whole = assembly.whole();
        if whole.is_some() || assembly.bytes() > OP_BYTES_MAX {
            open.remove(at);
        }
        let whole = whole.filter(|whole| whole.len() <= OP_BYTES_MAX);
        whole.map(|whole| whole.to_vec())
    }

    /// Forgets what came from whoever is no member.
    pub(super) fn retain(&mut self, is_member: impl Fn(&MemberId) -> bool) {
        self.open.retain(|author, _| is_member(author));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AUTHOR: MemberId = MemberId([1; 16]);

    #[test]
    fn pieces_in_any_order_and_twice_make_one_whole() {
        let mut pieces = Pieces::default();
        for (index, byte) in [(2, b'c'), (0, b'a'), (2, b'x')] {
            assert_eq!(pieces.put(AUTHOR, [7; 8], (index, 3), &[byte]), None);
        }
        // The same operation from somebody else is put together by itself.
        assert_eq!(pieces.put(MemberId([2; 16]), [7; 8], (1, 3), b"b"), None);
        let whole = pieces.put(AUTHOR, [7; 8], (1, 3), b"b");
        assert_eq!(whole.as_deref(), Some(&b"abc"[..]));
        assert_eq!(pieces.put(AUTHOR, [7; 8], (1, 3), b"b"), None);
    }

    #[test]
    fn a_member_who_begins_many_keeps_the_newest_and_takes_no_more_room() {
        let mut pieces = Pieces::default();
        for op in 0..200 {
            assert_eq!(pieces.put(AUTHOR, [op; 8], (0, 2), &[op; 1_787]), None);
        }
        let open: Vec<u8> = pieces.open[&AUTHOR].iter().map(|(op, _)| op[0]).collect();
        assert_eq!(open.len(), GROUP_ASSEMBLIES_MAX);
        assert_eq!(open, [198, 199]);
        for index in 0..=u8::MAX - 1 {
            assert_eq!(pieces.put(AUTHOR, [9; 8], (index, 255), &[0; 1_787]), None);
            let held: usize = pieces.open[&AUTHOR].iter().map(|(_, it)| it.bytes()).sum();
            assert!(held <= 2 * (OP_BYTES_MAX + 1_787));
        }
        pieces.retain(|_| false);
        assert!(pieces.open.is_empty());
    }
}
