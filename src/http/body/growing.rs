//! A body while it comes in. It is kept in pieces: one that grew in place would be copied each time it doubles, and what it
//! had outgrown would lie about unused.

use std::{iter, mem};

use axum::body::Bytes;
use bytes::BytesMut;

#[derive(Debug, Default)]
pub(super) struct Growing {
    full: Vec<BytesMut>,
    last: BytesMut,
}

/// Most bodies are smaller and one piece.
const PIECE: usize = 64 << 10;

impl Growing {
    pub(super) fn push(&mut self, data: &[u8]) {
        if !self.last.is_empty() && self.last.len().saturating_add(data.len()) > PIECE {
            let next = BytesMut::with_capacity(PIECE.max(data.len()));
            self.full.push(mem::replace(&mut self.last, next));
        }
        self.last.extend_from_slice(data);
    }

    pub(super) fn pieces(&self) -> impl Iterator<Item = &[u8]> {
        let full = self.full.iter().map(AsRef::as_ref);
        full.chain(iter::once(self.last.as_ref()))
    }

    pub(super) fn whole(self) -> Bytes {
        if self.full.is_empty() {
            return self.last.freeze();
        }
        let length = self.pieces().map(<[u8]>::len).sum();
        let mut whole = BytesMut::with_capacity(length);
        for piece in self.full.into_iter().chain([self.last]) {
            whole.extend_from_slice(&piece);
        }
        whole.freeze()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_is_what_was_pushed_however_it_was_cut() {
        for cut in [1, 1000, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE] {
            let body: Vec<u8> = (0..=u8::MAX).cycle().take(200_000).collect();
            let mut growing = Growing::default();
            body.chunks(cut).for_each(|data| growing.push(data));
            assert_eq!(growing.pieces().flatten().count(), body.len());
            assert!(growing.pieces().all(|piece| piece.len() <= PIECE.max(cut)));
            assert_eq!(growing.whole(), body, "{cut}");
        }
    }
}
