//! Small sizes, so that there are many slices and rounds.

use super::{
    super::{file, mutant::Mutant},
    *,
};
use crate::domain::time::Timestamp;

const FEW: Sizes = Sizes {
    remembered: 100,
    slice: 7,
    filtered: 1_000_000,
};

struct Keys {
    connection: Connection,
    index: KeyIndex,
    _folder: tempfile::TempDir,
}

/// Spread over all hashes.
fn hash(number: u64) -> Hash {
    u128::from(number)
        .wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835)
        .to_be_bytes()
}

impl Keys {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        let mut connection = file::open_to_write(&path, Mutant::default()).unwrap();
        file::migrate(&mut connection, true, Timestamp::default()).unwrap();
        connection
            .execute_batch("PRAGMA synchronous = OFF")
            .unwrap();
        let index = KeyIndex::sized(&connection, FEW).unwrap();
        Self {
            connection,
            index,
            _folder: folder,
        }
    }

    /// Adds these within the transaction that is open.
    fn write(&mut self, numbers: std::ops::Range<u64>) {
        for number in numbers {
            let row = self.index.add(hash(number)).unwrap();
            let sql = "INSERT INTO keys (row, hash, day) VALUES (?1, ?2, 0)";
            let mut insert = self.connection.prepare_cached(sql).unwrap();
            insert.execute(params![row, hash(number)]).unwrap();
        }
        self.index.put_slice(&self.connection).unwrap();
    }

    fn commit(&mut self, numbers: std::ops::Range<u64>) {
        self.connection.execute_batch("BEGIN").unwrap();
        self.write(numbers);
        self.connection.execute_batch("COMMIT").unwrap();
        self.index.committed();
    }

    fn fail(&mut self, numbers: std::ops::Range<u64>) {
        self.connection.execute_batch("BEGIN").unwrap();
        self.write(numbers);
        self.connection.execute_batch("ROLLBACK").unwrap();
        self.index.rolled_back(0);
    }

    /// As after a crash: of what is in memory nothing is left.
    fn reopen(&mut self) {
        self.index = KeyIndex::sized(&self.connection, FEW).unwrap();
    }

    /// How many rows of `keys` are looked at.
    fn read_at_start(&self) -> i64 {
        let sql = "SELECT count(*) FROM keys, keys_indexed WHERE row >= before";
        self.connection
            .query_row(sql, [], |row| row.get(0))
            .unwrap()
    }

    fn row(&self, number: u64) -> Option<i64> {
        self.index.find(&self.connection, &hash(number)).unwrap()
    }

    /// Those of the numbers that are known, each by the row that has it.
    fn known(&self, numbers: std::ops::Range<u64>) -> u64 {
        let sql = "SELECT hash FROM keys WHERE row = ?1";
        let mut has = self.connection.prepare_cached(sql).unwrap();
        let rows = numbers.filter_map(|number| Some((number, self.row(number)?)));
        rows.map(|(number, row)| {
            let found: Hash = has.query_row([row], |row| row.get(0)).unwrap();
            assert_eq!(found, hash(number));
        })
        .count()
        .try_into()
        .unwrap()
    }
}

#[test]
fn a_key_is_known_wherever_it_is_and_hardly_more_are_remembered_than_may_be() {
    let mut keys = Keys::new();
    let mut went_on = 0;
    for batch in 0..500 {
        keys.commit(batch * 10..(batch + 1) * 10);
        assert!(keys.index.recent.len() < FEW.remembered + 3 * 10);
        went_on += u32::from(keys.index.round.at.is_some());
    }
    assert!(went_on > 300, "a round has many slices: {went_on}");
    assert_eq!(keys.known(0..5_000), 5_000);
    assert_eq!(keys.known(5_000..6_000), 0);
}

#[test]
fn more_than_a_slice_at_once_goes_into_the_index_as_it_comes() {
    let mut keys = Keys::new();
    for batch in 0..20 {
        keys.commit(batch * 300..(batch + 1) * 300);
        assert!(keys.index.recent.len() < FEW.remembered + 3 * 300);
    }
    assert_eq!(keys.known(0..6_000), 6_000);
}

#[test]
fn after_a_crash_every_key_is_known_and_only_the_newest_are_read() {
    let mut keys = Keys::new();
    for batch in 0..800 {
        keys.commit(batch * 5..(batch + 1) * 5);
        keys.reopen();
        assert!(keys.read_at_start() <= 4 * 100);
        if batch % 20 == 0 {
            assert_eq!(keys.known(0..(batch + 1) * 5), (batch + 1) * 5);
        }
    }
    assert_eq!(keys.known(0..4_000), 4_000);
    assert_eq!(
        keys.index.add(hash(4_000)),
        Some(4_001),
        "no row is another's"
    );
}

#[test]
fn a_transaction_that_fails_again_and_again_keeps_no_round_from_its_end() {
    let mut keys = Keys::new();
    for batch in 0..200 {
        keys.commit(batch * 20..(batch + 1) * 20);
        keys.fail(10_000..10_010);
    }
    assert!(keys.read_at_start() <= 4 * 100);
}

#[test]
fn where_all_keys_have_been_removed_no_row_is_given_out_that_an_index_may_name() {
    let mut keys = Keys::new();
    for batch in 0..30 {
        keys.commit(batch * 20..(batch + 1) * 20);
    }
    let sql = "DELETE FROM keys; DELETE FROM key_index";
    keys.connection.execute_batch(sql).unwrap();
    keys.reopen();
    let began_at = keys.index.round.began_at;
    for batch in 50..80 {
        keys.commit(batch * 20..(batch + 1) * 20);
        keys.reopen();
    }
    assert_eq!(keys.known(1_000..1_600), 600, "from row {began_at} on");
}

#[test]
fn what_was_rolled_back_is_not_known_and_what_it_had_moved_is() {
    let mut keys = Keys::new();
    keys.commit(0..100);
    for batch in 0..40 {
        keys.fail(10_000..11_000);
        assert_eq!(keys.known(10_000..11_000), 0);
        assert_eq!(keys.known(0..100 + batch * 50), 100 + batch * 50);
        keys.commit(100 + batch * 50..100 + (batch + 1) * 50);
    }
    keys.reopen();
    assert_eq!(keys.known(0..2_100), 2_100);
}

#[test]
fn a_step_that_is_undone_leaves_the_keys_of_those_before_it() {
    let mut keys = Keys::new();
    keys.connection.execute_batch("BEGIN").unwrap();
    keys.write(0..10);
    let mark = keys.index.mark();
    keys.connection.execute_batch("SAVEPOINT step").unwrap();
    keys.write(10..20);
    keys.connection.execute_batch("ROLLBACK TO step").unwrap();
    keys.index.rolled_back(mark);
    keys.connection.execute_batch("COMMIT").unwrap();
    keys.index.committed();
    assert_eq!(keys.known(0..20), 10);
}

#[test]
fn a_key_that_is_removed_is_known_no_more() {
    let mut keys = Keys::new();
    keys.commit(0..1_950);
    keys.commit(1_950..2_000);
    let remembered = (0..2_000).find(|number| keys.index.recent.contains_key(&hash(*number)));
    let indexed = (0..2_000).find(|number| !keys.index.recent.contains_key(&hash(*number)));
    for number in [remembered.unwrap(), indexed.unwrap()] {
        let row = keys.row(number).unwrap();
        keys.index
            .remove(&keys.connection, hash(number), row + 1)
            .unwrap();
        assert_eq!(keys.row(number), Some(row), "the row was another's");
        keys.index
            .remove(&keys.connection, hash(number), row)
            .unwrap();
        assert_eq!(keys.row(number), None);
    }
}

#[test]
fn a_key_that_an_event_names_twice_gets_one_row() {
    let mut keys = Keys::new();
    assert!(keys.index.add(hash(1)).is_some());
    assert_eq!(keys.index.add(hash(1)), None);
}

#[test]
fn a_new_key_is_seldom_looked_for_and_a_known_one_always() {
    let mut filter = Filter::new();
    let mut found_in_vain = Vec::new();
    for known in [2_000_000, 4_000_000] {
        (0..known).for_each(|number| filter.add(&hash(number)));
        let new = known..known + 100_000;
        found_in_vain.push(new.filter(|number| filter.may_have(&hash(*number))).count());
    }
    assert!((0..4_000_000).all(|number| filter.may_have(&hash(number))));
    assert!(found_in_vain[0] < 100_000 / 200, "{found_in_vain:?}");
    assert!(found_in_vain[1] < 100_000 / 30, "{found_in_vain:?}");
}

#[test]
fn a_start_with_more_keys_than_are_worth_it_does_without_a_filter() {
    let mut keys = Keys::new();
    for batch in 0..20 {
        keys.commit(batch * 50..(batch + 1) * 50);
    }
    keys.reopen();
    assert!(keys.index.filter.is_some());
    for filtered in [999, 998] {
        let sizes = Sizes { filtered, ..FEW };
        keys.index = KeyIndex::sized(&keys.connection, sizes).unwrap();
        assert_eq!(keys.index.filter.is_some(), filtered == 999);
        assert_eq!(keys.known(0..1_000), 1_000);
        assert_eq!(keys.known(1_000..2_000), 0);
    }
}
