//! A reader over borrowed big-endian bytes. Every read may fail; none panics.

/// Bytes that are still to be read.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) fn remaining(&self) -> usize {
        self.rest.len()
    }

    pub(crate) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(head)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.rest.split_first_chunk::<N>()?;
        self.rest = rest;
        Some(*head)
    }

    pub(crate) fn u8(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(crate) fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    pub(crate) fn i16(&mut self) -> Option<i16> {
        self.array().map(i16::from_be_bytes)
    }

    pub(crate) fn i32(&mut self) -> Option<i32> {
        self.array().map(i32::from_be_bytes)
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    pub(crate) fn i64(&mut self) -> Option<i64> {
        self.array().map(i64::from_be_bytes)
    }

    pub(crate) fn ipv4(&mut self) -> Option<std::net::Ipv4Addr> {
        self.array::<4>().map(Into::into)
    }

    pub(crate) fn ipv6(&mut self) -> Option<std::net::Ipv6Addr> {
        self.array::<16>().map(Into::into)
    }

    /// A block whose length stands in front of it as a signed 32-bit number. `None` for a negative
    /// length or one beyond what is left.
    pub(crate) fn block32(&mut self) -> Option<&'a [u8]> {
        let count = usize::try_from(self.i32()?).ok()?;
        self.take(count)
    }

    /// The same with a signed 16-bit length.
    pub(crate) fn block16(&mut self) -> Option<&'a [u8]> {
        let count = usize::try_from(self.i16()?).ok()?;
        self.take(count)
    }
}

/// Texts that lie in the same bytes. They are looked at once for all where everything between them is text too, which
/// it nearly always is; else each by itself.
pub(crate) struct Texts<'a> {
    bytes: &'a [u8],
    whole: Option<&'a str>,
}

impl<'a> Texts<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, whole: std::str::from_utf8(bytes).ok() }
    }

    /// `None`: not UTF-8, or not all there.
    pub(crate) fn get(&self, range: std::ops::Range<usize>) -> Option<&'a str> {
        match self.whole.and_then(|whole| whole.get(range.clone())) {
            Some(text) => Some(text),
            None => std::str::from_utf8(self.bytes.get(range)?).ok(),
        }
    }
}
