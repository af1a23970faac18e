//! What the platform tells with its request stands where the platform has it.

use super::*;

/// Of a transcript: what has been recorded in that place, or what has not.
enum Item {
    At(u64),
    New(&'static str),
    Ours,
}
use Item::{At, New, Ours};

/// After so much had been observed, by the first letters.
fn read_after(observed: usize, told: impl IntoIterator<Item = Item>) -> Vec<String> {
    let mut world = World::new();
    for letter in ('a'..='z').take(observed) {
        world.user_says(&letter.to_string());
    }
    request(&mut world, told);
    let read = world.in_order();
    assert!(
        read.is_sorted_by(|one, next| one.0 < next.0),
        "one place for each: {read:?}"
    );
    read.into_iter().map(|(_, text)| text).collect()
}

fn request(world: &mut World, told: impl IntoIterator<Item = Item>) {
    let item = |item| match item {
        At(seq) => TranscriptItem {
            seen: Some(Seen::At(seq)),
            ..world.item(Actor::User, "known")
        },
        Ours => TranscriptItem {
            seen: Some(Seen::Apart),
            ..world.item(Actor::Bot, "ours")
        },
        New(text) => world.item(Actor::User, text),
    };
    let transcript = told.into_iter().map(item).collect();
    world.request_with(transcript);
}

#[test]
fn what_was_missed_stands_before_what_came_after_it() {
    let read = read_after(2, [New("1"), New("2"), At(1), At(2)]);
    assert_eq!(read, ["1", "2", "a", "b"]);
    let read = read_after(2, [At(1), New("1"), Ours, At(2), New("2")]);
    assert_eq!(read, ["a", "1", "b", "2"]);
}

#[test]
fn each_gap_is_closed_where_it_is() {
    let told = [
        New("1"),
        At(1),
        New("2"),
        New("3"),
        At(2),
        At(3),
        New("4"),
        At(4),
    ];
    assert_eq!(
        read_after(4, told),
        ["1", "a", "2", "3", "b", "c", "4", "d"]
    );
}

#[test]
fn what_the_platform_does_not_tell_keeps_its_neighbours() {
    let read = read_after(4, [New("1"), At(2), New("2"), At(4)]);
    assert_eq!(read, ["a", "1", "b", "c", "2", "d"]);
}

#[test]
fn gaps_beyond_number_leave_what_is_missing_at_the_end() {
    let told = (1..=20).flat_map(|seq| [New("-"), At(seq)]);
    let read = read_after(20, told).concat();
    assert_eq!(read, "-a-b-c-d-e-f-g-h-i-j-k-l-m-n-o-pqrst----");
}

#[test]
fn a_desk_that_has_the_user_reads_what_was_missed_at_the_end() {
    let mut world = World::new();
    world.user_says("a");
    world.request();
    request(&mut world, [New("1"), At(1)]);
    let read = world.in_order().into_iter().map(|(_, text)| text);
    assert_eq!(read.collect::<Vec<_>>(), ["a", "1"]);
}
