//! Rows that are reused, with generations: an index of a former tenant is recognised.

/// No row.
pub(crate) const NONE: u32 = u32::MAX;

/// What a slab holds.
pub(crate) trait Row: Sized {
    /// What a new place holds until its first tenant comes.
    const VACANT: Self;

    /// The row's generation, kept by the row itself so that it shares its cache line.
    fn generation(&mut self) -> &mut u32;
}

/// A table of rows of which some are free.
#[derive(Debug)]
pub(crate) struct Slab<T> {
    rows: Vec<T>,
    free: Vec<u32>,
}

impl<T: Row> Slab<T> {
    pub fn new() -> Slab<T> {
        Slab {
            rows: Vec::new(),
            free: Vec::new(),
        }
    }

    /// Puts a row, made from its generation, into a free place: the one freed last first. Gives its index and generation.
    ///
    /// Inlined by force: a row is written where it stays, not built elsewhere and copied.
    #[inline(always)]
    pub fn insert_with(&mut self, row: impl FnOnce(u32) -> T) -> (u32, u32) {
        let index = self.free.pop().unwrap_or_else(|| self.grow());
        let place = &mut self.rows[index as usize];
        let generation = *place.generation();
        *place = row(generation);
        (index, generation)
    }

    /// Takes a free place: the one freed last first. Its row is what the last tenant left, and the caller's to fill in.
    #[inline(always)]
    pub fn claim(&mut self) -> (u32, &mut T) {
        let index = self.free.pop().unwrap_or_else(|| self.grow());
        (index, &mut self.rows[index as usize])
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self) -> u32 {
        assert!(self.rows.len() < 1 << 31, "indices have a bit to spare");
        self.rows.push(T::VACANT);
        (self.rows.len() - 1) as u32
    }

    /// Frees a row: its generation ends.
    #[inline(always)]
    pub fn remove(&mut self, index: u32) {
        let generation = self.rows[index as usize].generation();
        *generation = generation.wrapping_add(1);
        self.free.push(index);
    }

    /// Frees a row whose generation was ended by the caller, who has it at hand.
    #[inline(always)]
    pub fn remove_ended(&mut self, index: u32) {
        self.free.push(index);
    }

    /// Whether at least so many rows are taken.
    #[inline]
    pub fn reaches(&self, limit: u32) -> bool {
        // Places are added one by one, when all are taken.
        self.rows.len() >= limit as usize && self.len() >= limit as usize
    }

    /// How many rows are taken.
    pub fn len(&self) -> usize {
        self.rows.len() - self.free.len()
    }

    /// The taken rows, in order of their index. Slow: for faults and for the end of a run.
    pub fn taken(&self) -> Vec<u32> {
        let mut free = vec![false; self.rows.len()];
        self.free.iter().for_each(|&index| free[index as usize] = true);
        (0..self.rows.len() as u32)
            .filter(|&index| !free[index as usize])
            .collect()
    }
}

impl<T> core::ops::Index<u32> for Slab<T> {
    type Output = T;
    #[inline]
    fn index(&self, index: u32) -> &T {
        &self.rows[index as usize]
    }
}

impl<T> core::ops::IndexMut<u32> for Slab<T> {
    #[inline]
    fn index_mut(&mut self, index: u32) -> &mut T {
        &mut self.rows[index as usize]
    }
}
