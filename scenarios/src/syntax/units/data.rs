//! Amounts and flows of data.

use core::fmt;

use super::Zero;
use crate::syntax::SyntaxError;
use crate::syntax::number::Kind;

/// An amount of data in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes(pub u64);

pub(super) const BYTES: Kind = Kind {
    noun: "a size",
    example: "4kB",
    compound: "4kB",
    step: "1 B",
    units: &[
        ("B", 1),
        ("kB", 1_000),
        ("KiB", 1 << 10),
        ("MB", 1_000_000),
        ("MiB", 1 << 20),
        ("GB", 1_000_000_000),
        ("GiB", 1 << 30),
        ("TB", 1_000_000_000_000),
        ("TiB", 1 << 40),
    ],
    aliases: &[
        ("k", "kB"),
        ("kb", "kB"),
        ("m", "MB"),
        ("g", "GB"),
        ("t", "TB"),
        ("ki", "KiB"),
        ("mi", "MiB"),
        ("gi", "GiB"),
        ("ti", "TiB"),
        ("byte", "B"),
        ("bytes", "B"),
    ],
    propose: &["B", "kB"],
};

/// An amount of data: `512B`, `4kB` (1000), `64KiB` (1024), `1MB`, `2GiB`, up to `TB`.
pub fn bytes(text: &str, zero: Zero) -> Result<Bytes, SyntaxError> {
    let bytes = BYTES.parse(text)?;
    zero.check(text, BYTES.noun, bytes == 0)?;
    Ok(Bytes(bytes))
}

impl fmt::Display for Bytes {
    /// In the largest unit that divides it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        largest(f, BYTES.units.iter(), self.0)
    }
}

/// `value` in the largest of `units` that divides it.
fn largest<'a>(
    f: &mut fmt::Formatter<'_>,
    units: impl DoubleEndedIterator<Item = &'a (&'static str, u64)>,
    value: u64,
) -> fmt::Result {
    let fits = |size: u64| {
        if value == 0 {
            size == 1
        } else {
            value.is_multiple_of(size)
        }
    };
    let (name, size) = units.rev().find(|it| fits(it.1)).expect("one divides everything");
    write!(f, "{}{name}", value / size)
}

/// How fast data flows, in bits per second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bandwidth(pub u64);

pub(super) const BANDWIDTH: Kind = Kind {
    noun: "a bandwidth",
    example: "10Mbit/s",
    compound: "10Mbit/s",
    step: "1 bit/s",
    units: &[
        ("bit/s", 1),
        ("B/s", 8),
        ("kbit/s", 1_000),
        ("kB/s", 8_000),
        ("KiB/s", 8 << 10),
        ("Mbit/s", 1_000_000),
        ("MB/s", 8_000_000),
        ("MiB/s", 8 << 20),
        ("Gbit/s", 1_000_000_000),
        ("GB/s", 8_000_000_000),
        ("GiB/s", 8 << 30),
        ("Tbit/s", 1_000_000_000_000),
        ("TB/s", 8_000_000_000_000),
    ],
    aliases: &[
        ("bps", "bit/s"),
        ("kbps", "kbit/s"),
        ("mbps", "Mbit/s"),
        ("gbps", "Gbit/s"),
        ("tbps", "Tbit/s"),
        ("kbit", "kbit/s"),
        ("mbit", "Mbit/s"),
        ("gbit", "Gbit/s"),
    ],
    propose: &["Mbit/s", "Gbit/s"],
};

/// How fast data flows: `1Gbit/s`, `10Mbit/s`, `5MB/s`.
pub fn bandwidth(text: &str, zero: Zero) -> Result<Bandwidth, SyntaxError> {
    let bits = BANDWIDTH.parse(text)?;
    zero.check(text, BANDWIDTH.noun, bits == 0)?;
    Ok(Bandwidth(bits))
}

impl fmt::Display for Bandwidth {
    /// In the largest unit of bits that divides it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        largest(f, BANDWIDTH.units.iter().filter(|it| it.0.ends_with("bit/s")), self.0)
    }
}
