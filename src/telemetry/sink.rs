//! Where log lines go: to standard error, by a thread of its own, in one write as many as have come meanwhile.
//!
//! There is a line for every request, and a write for every line costs more than the line. So the thread rests a moment
//! after each write: what is said seldom is written at once, what is said often is written together. A process that is
//! killed loses what came in that moment; one that ends writes all.
//!
//! Whoever reads the log may stop reading. Then what is said waits, and its speakers with it, for a moment; from then on lines
//! are dropped and counted until there is room again: users come before the log.

use std::{
    io::{self, Write},
    mem,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use tracing_subscriber::fmt::MakeWriter;

const REST: Duration = Duration::from_millis(5);
/// As many bytes wait.
const MOST: usize = 1024 * 1024;
/// So long whoever has more to say waits for room.
const PATIENCE: Duration = Duration::from_secs(1);
/// So long the end of the process waits for the last lines to be read.
const LAST_LINES: Duration = Duration::from_secs(2);

/// Takes lines. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Sink(Arc<Shared>);

/// Writes what has been said when it goes, and what is said later at once.
#[derive(Debug)]
#[must_use = "without it the last lines are lost"]
pub struct LastLines(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    pending: Mutex<Pending>,
    /// Something is pending, or nothing more will be.
    some: Condvar,
    /// There is room again, or all has been written.
    room: Condvar,
}

#[derive(Debug, Default)]
struct Pending {
    lines: Vec<u8>,
    /// Too little has been read for so long that nobody waits for it.
    stuck: bool,
    /// Lines that found no room.
    dropped: u64,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Open,
    /// What is pending is still written.
    Ending,
    /// All has been written; there is no thread any more.
    Over,
}

impl Sink {
    pub(super) fn start(to: impl Write + Send + 'static) -> io::Result<(Self, LastLines)> {
        Self::start_with(to, tell_of_dropped)
    }

    /// `dropped` tells how many lines are missing where the next one is written.
    fn start_with(
        to: impl Write + Send + 'static,
        dropped: impl Fn(u64) + Send + 'static,
    ) -> io::Result<(Self, LastLines)> {
        let shared = Arc::new(Shared::default());
        let taken = Arc::clone(&shared);
        thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || taken.write_all(to, dropped))?;
        let last = LastLines(Arc::clone(&shared));
        Ok((Self(shared), last))
    }
}

impl<'w> MakeWriter<'w> for Sink {
    type Writer = &'w Sink;

    fn make_writer(&'w self) -> Self::Writer {
        self
    }
}

impl Write for &Sink {
    /// A whole line each: so `tracing_subscriber` calls it.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut pending = self.0.lock();
        if pending.is_full() && !pending.stuck {
            pending = self.0.wait_while(pending, PATIENCE, Pending::is_full);
            pending.stuck = pending.is_full();
        }
        if pending.is_full() {
            pending.dropped += 1;
            return Ok(line.len());
        }
        if pending.stage == Stage::Over {
            drop(pending);
            io::stderr().write_all(line)?;
            return Ok(line.len());
        }
        let was_empty = pending.lines.is_empty();
        pending.lines.extend_from_slice(line);
        drop(pending);
        if was_empty {
            self.0.some.notify_one();
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Pending {
    const fn is_full(&self) -> bool {
        self.lines.len() > MOST
    }
}

impl Shared {
    fn write_all(&self, mut to: impl Write, tell: impl Fn(u64)) {
        let mut lines = Vec::new();
        loop {
            let mut pending = self.lock();
            while pending.lines.is_empty() {
                if pending.stage == Stage::Ending {
                    pending.stage = Stage::Over;
                    drop(pending);
                    self.room.notify_all();
                    return;
                }
                pending = wait(&self.some, pending);
            }
            // Whoever reads more slowly than is said is waited for once, not once for each write.
            pending.stuck &= pending.is_full();
            mem::swap(&mut pending.lines, &mut lines);
            let (stage, dropped) = (pending.stage, mem::take(&mut pending.dropped));
            drop(pending);
            self.room.notify_all();
            // What is dropped found others waiting, so also the last of it is counted before all has been written.
            if dropped > 0 {
                tell(dropped);
            }
            // There is nobody to tell that the log cannot be written.
            drop(to.write_all(&lines));
            lines.clear();
            if stage == Stage::Open {
                thread::sleep(REST);
            }
        }
    }

    /// For as long as this holds, but no longer than that.
    fn wait_while<'g>(
        &self,
        pending: MutexGuard<'g, Pending>,
        longest: Duration,
        holds: impl Fn(&Pending) -> bool,
    ) -> MutexGuard<'g, Pending> {
        let waited = self
            .room
            .wait_timeout_while(pending, longest, |pending| holds(pending));
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    fn lock(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn tell_of_dropped(lines: u64) {
    tracing::warn!(
        log.dropped = lines,
        "nobody read the log, lines of it are missing here"
    );
}

fn wait<'g, T>(bell: &Condvar, guard: MutexGuard<'g, T>) -> MutexGuard<'g, T> {
    bell.wait(guard).unwrap_or_else(PoisonError::into_inner)
}

impl Drop for LastLines {
    fn drop(&mut self) {
        let mut pending = self.0.lock();
        pending.stage = Stage::Ending;
        self.0.some.notify_one();
        self.0.room.notify_all();
        drop(
            self.0
                .wait_while(pending, LAST_LINES, |pending| pending.stage != Stage::Over),
        );
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        atomic::{AtomicU64, Ordering},
        mpsc,
    };

    use super::*;

    /// Tells of each write.
    struct Told(mpsc::SyncSender<Vec<u8>>);

    impl Write for Told {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.send(bytes.to_vec()).unwrap();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_comes_meanwhile_is_written_together_in_order_and_all_of_it() {
        let (tell, told) = mpsc::sync_channel(0);
        let (sink, last_lines) = Sink::start(Told(tell)).unwrap();
        (&sink).write_all(b"0\n").unwrap();
        // The thread is in its first write until this test listens.
        thread::sleep(REST * 4);
        for number in 1..1000 {
            writeln!(&sink, "{number}").unwrap();
        }
        let ended = thread::spawn(|| drop(last_lines));
        let writes: Vec<Vec<u8>> = told.iter().collect();
        ended.join().unwrap();
        assert_eq!(writes.len(), 2);
        let all = String::from_utf8(writes.concat()).unwrap();
        let numbers: Vec<u32> = all.lines().map(|line| line.parse().unwrap()).collect();
        assert_eq!(numbers, (0..1000).collect::<Vec<_>>());
    }

    #[test]
    fn whoever_has_much_to_say_waits_and_loses_nothing() {
        let (tell, told) = mpsc::sync_channel(0);
        let (sink, last_lines) = Sink::start(Told(tell)).unwrap();
        let line = vec![b'.'; MOST / 3];
        let talker = thread::spawn(move || {
            (0..12).for_each(|_| (&sink).write_all(&line).unwrap());
            drop(last_lines);
        });
        let lengths: Vec<usize> = told.iter().map(|write| write.len()).collect();
        talker.join().unwrap();
        assert_eq!(lengths.iter().sum::<usize>(), 12 * (MOST / 3));
        assert!(lengths.iter().all(|length| *length <= MOST + MOST / 3 + 1));
    }

    #[test]
    fn nobody_waits_long_for_a_log_that_is_not_read() {
        let (tell, told) = mpsc::sync_channel(0);
        let dropped = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&dropped);
        let count = move |lines| {
            counted.fetch_add(lines, Ordering::SeqCst);
        };
        let (sink, last_lines) = Sink::start_with(Told(tell), count).unwrap();
        let line = vec![b'.'; MOST / 3];
        for _ in 0..12 {
            (&sink).write_all(&line).unwrap();
        }
        drop(last_lines);
        let read: usize = told.iter().map(|write| write.len() / line.len()).sum();
        assert!(read < 12, "what found no room is missing");
        let dropped = usize::try_from(dropped.load(Ordering::SeqCst)).unwrap();
        assert_eq!(read + dropped, 12, "and it is known how much");
    }

    #[test]
    fn a_log_that_is_read_too_slowly_is_waited_for_once() {
        let (tell, told) = mpsc::sync_channel(0);
        let (sink, last_lines) = Sink::start(Told(tell)).unwrap();
        let line = vec![b'.'; MOST / 3];
        (0..12).for_each(|_| (&sink).write_all(&line).unwrap());
        assert!(sink.0.lock().stuck);
        told.recv().unwrap();
        while sink.0.lock().is_full() {
            thread::sleep(REST);
        }
        assert!(sink.0.lock().stuck, "it was full when it was taken");
        told.recv().unwrap();
        (&sink).write_all(b"at last\n").unwrap();
        let ended = thread::spawn(|| drop(last_lines));
        assert!(told.iter().count() > 0);
        ended.join().unwrap();
        assert!(!sink.0.lock().stuck, "all of it was read in the end");
    }
}
