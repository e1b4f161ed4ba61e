//! One delta: the instructions that make an object out of the one that it is built on.

use std::ops::Range;

/// Where an object is not what it is built on: spans as in [`Version::changes`].
///
/// [`Version::changes`]: crate::model::Version::changes
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub(super) spans: Vec<Range<usize>>,
    /// Where in the base what was copied last goes on.
    next: usize,
}

impl Changes {
    fn clear(&mut self) {
        self.spans.clear();
        self.next = 0;
    }

    /// The bytes at `at` are those of `span` in the base.
    fn copied(&mut self, at: usize, span: Range<usize>) {
        if span.start != self.next {
            self.changed(at..at);
        }
        self.next = span.end;
    }

    /// The bytes of `span` are new, or its ends have other neighbours.
    fn changed(&mut self, span: Range<usize>) {
        match self.spans.last_mut() {
            Some(last) if last.end == span.start => last.end = span.end,
            _ => self.spans.push(span),
        }
    }

    /// That was all of an object of `size` bytes.
    fn end(&mut self, size: usize, base_size: usize) {
        if self.next != base_size {
            self.changed(size..size);
        }
    }
}

/// Builds an object of at most `max_size` bytes in `object`, from `base` by the instructions in
/// `delta`, and tells `changes` where they differ; none if the instructions contradict each other.
pub(super) fn apply(
    base: &[u8],
    delta: &[u8],
    max_size: usize,
    object: &mut Vec<u8>,
    mut changes: Option<&mut Changes>,
) -> Option<()> {
    let mut delta = delta.iter();
    let base_size = take_size(&mut delta)?;
    let size = take_size(&mut delta)?;
    if base_size != base.len() || size > max_size {
        return None;
    }
    object.clear();
    if let Some(changes) = &mut changes {
        changes.clear();
    }
    object.try_reserve_exact(size).ok()?;
    while let Some(&instruction) = delta.next() {
        let part = if instruction & 0x80 == 0 {
            let (part, rest) = delta
                .as_slice()
                .split_at_checked(usize::from(instruction))?;
            delta = rest.iter();
            if let Some(changes) = &mut changes {
                changes.changed(object.len()..object.len() + part.len());
            }
            part
        } else {
            // Of seven bytes those are there of which the bit is set: an offset, then a length.
            let mut numbers = [0; 8];
            for (bit, number) in numbers[..7].iter_mut().enumerate() {
                if instruction >> bit & 1 == 1 {
                    *number = *delta.next()?;
                }
            }
            let [a, b, c, d, length @ ..] = numbers;
            let start = u32::from_le_bytes([a, b, c, d]) as usize;
            let length = match u32::from_le_bytes(length) as usize {
                0 => 0x1_0000,
                length => length,
            };
            let span = start..start.checked_add(length)?;
            if let Some(changes) = &mut changes {
                changes.copied(object.len(), span.clone());
            }
            base.get(span)?
        };
        if part.is_empty() || part.len() > size - object.len() {
            return None;
        }
        object.extend_from_slice(part);
    }
    if let Some(changes) = changes {
        changes.end(size, base_size);
    }
    (object.len() == size).then_some(())
}

/// The size at the start of a delta: seven bits of each byte, the lowest first, as long as the
/// eighth is set.
fn take_size<'d>(delta: &mut impl Iterator<Item = &'d u8>) -> Option<usize> {
    let mut size = 0_u64;
    for shift in (0..u64::BITS).step_by(7) {
        let byte = *delta.next()?;
        size |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return usize::try_from(size).ok();
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(base: &[u8], delta: &[u8], expected: Option<&[u8]>) {
        let mut object = b"of before".to_vec();
        let applied = apply(base, delta, 100_000, &mut object, None);
        assert_eq!(applied.map(|()| &object[..]), expected);
    }

    #[track_caller]
    fn check_changes(delta: &[u8], expected: &[(usize, usize)]) {
        let mut changes = Changes {
            spans: vec![1..2, 3..4],
            next: 5,
        };
        apply(b"abcdef", delta, 100, &mut Vec::new(), Some(&mut changes)).expect("an object");
        let spans = changes.spans.iter().map(|span| (span.start, span.end));
        assert_eq!(spans.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn tells_what_changed() {
        // The instructions copy `from` (of the base) and so many bytes, or insert a few.
        check_changes(b"\x06\x06\x90\x06", &[]);
        check_changes(b"\x06\x06\x90\x04\x91\x04\x02", &[]);
        check_changes(b"\x06\x07\x90\x04\x01x\x91\x04\x02", &[(4, 5)]);
        check_changes(b"\x06\x06\x90\x03\x02xy\x91\x05\x01", &[(3, 5)]);
        check_changes(b"\x06\x05\x90\x04\x91\x05\x01", &[(4, 4)]);
        check_changes(b"\x06\x05\x91\x01\x05", &[(0, 0)]);
        check_changes(b"\x06\x05\x90\x05", &[(5, 5)]);
        check_changes(b"\x06\x08\x90\x06\x02xy", &[(6, 8)]);
        check_changes(b"\x06\x08\x02xy\x90\x06", &[(0, 2)]);
        check_changes(b"\x06\x04\x01x\x01y\x90\x02", &[(0, 2), (4, 4)]);
        check_changes(b"\x06\x06\x91\x03\x03\x90\x03", &[(0, 0), (3, 3), (6, 6)]);
        check_changes(b"\x06\x00", &[(0, 0)]);
    }

    #[test]
    fn applies_instructions() {
        check(b"abcdef", b"\x06\x00", Some(b""));
        check(b"abcdef", b"\x06\x03\x03xyz", Some(b"xyz"));
        check(b"abcdef", b"\x06\x05\x91\x02\x03\x02yz", Some(b"cdeyz"));
        check(b"abcdef", b"\x06\x02\x90\x02", Some(b"ab"));
        let long = vec![b'a'; 0x1_0203];
        let copied = b"\x83\x84\x04\x80\x80\x04\x80";
        check(&long, copied, Some(&long[..0x1_0000]));
        let all = b"\x83\x84\x04\x83\x84\x04\xf0\x03\x02\x01";
        check(&long, all, Some(&long));
        let end = b"\x83\x84\x04\x01\x97\x02\x02\x01\x01";
        check(&long, end, Some(b"a"));
    }

    #[test]
    fn refuses_what_contradicts_itself() {
        for delta in [
            &b""[..],
            b"\x02",
            b"\x82",
            b"\x03\x02\x90\x02",
            b"\x02\x03\x90\x02",
            b"\x02\x01\x90\x02",
            b"\x02\x02\x91\x01\x02",
            b"\x02\x02\x90",
            b"\x02\x02\x02x",
            b"\x02\x02\x90\x02\x00",
            b"\x02\xa1\x8d\x06",
            b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
        ] {
            check(b"ab", delta, None);
        }
        check(b"ab", b"\x02\xa1\x8d\x06", None);
    }
}
