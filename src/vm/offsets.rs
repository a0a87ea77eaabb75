//! Where in the stack code each word of register code comes from. All functions but huge ones are told with two bytes a word.

/// Offsets in code units of two bytes. Its form in memory is fixed for who reads it from outside (`postmortem.rs`).
#[repr(u8)]
pub enum Offsets {
    Short(Box<[u16]>),
    Long(Box<[u32]>),
}

impl Offsets {
    /// Of these byte offsets, which are even.
    pub fn of(bytes: &[u32]) -> Offsets {
        if bytes.iter().all(|&b| b / 2 <= u32::from(u16::MAX)) {
            return Offsets::Short(bytes.iter().map(|&b| (b / 2) as u16).collect());
        }
        Offsets::Long(bytes.iter().map(|&b| b / 2).collect())
    }
    /// The byte offset of a word.
    pub fn get(&self, word: usize) -> Option<u32> {
        let unit = match self {
            Offsets::Short(units) => u32::from(*units.get(word)?),
            Offsets::Long(units) => *units.get(word)?,
        };
        Some(unit * 2)
    }
    /// Those of all words.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        (0..).map_while(|word| self.get(word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_widths_tell_what_they_were_made_of() {
        for last in [8, 2 * 0xFFFF, 2 * 0x1_0000] {
            let offsets = Offsets::of(&[0, 4, 4, last]);
            assert_eq!(offsets.iter().collect::<Vec<_>>(), [0, 4, 4, last]);
            assert_eq!(offsets.get(4), None);
        }
    }
}
