//! Machines on this one: each replica in a network namespace of its own, with a cable to where the database and the stubs
//! are. What goes through a cable can be made to vanish without a word.

use std::{
    fmt::Write as _,
    io::Write,
    net::{IpAddr, Ipv4Addr},
    process::{self, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

use super::network::Lost;

#[derive(Debug)]
pub struct Namespaces {
    machines: Vec<Machine>,
}

#[derive(Debug)]
struct Machine {
    name: String,
    /// This end of the cable, and the other.
    home: Ipv4Addr,
    own: Ipv4Addr,
}

/// What is dropped on its way out of a machine, and into it.
const RULES: &str = "table inet faults {\n\
                     chain out { type filter hook output priority 0; }\n\
                     chain in { type filter hook input priority 0; }\n}\n";

impl Namespaces {
    /// Says why not, where namespaces cannot be made: that takes root, `ip` and `nft`.
    pub fn build(machines: u8, rng: &mut fastrand::Rng) -> Result<Self, String> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let (net, sub) = (rng.u8(64..250), rng.u8(..));
        let mut all = Self {
            machines: Vec::new(),
        };
        for number in 0..machines {
            let count = COUNT.fetch_add(1, Ordering::Relaxed);
            let cable = format!("hr{}x{count}", process::id() % 1_000_000);
            let machine = Machine {
                name: format!("handover-{}-{count}", process::id()),
                home: Ipv4Addr::new(10, net, sub, 4 * number + 1),
                own: Ipv4Addr::new(10, net, sub, 4 * number + 2),
            };
            run("ip", &["netns", "add", &machine.name])?;
            all.machines.push(machine);
            all.lay(number.into(), &cable)?;
        }
        Ok(all)
    }

    /// Where everybody can reach whoever listens here.
    pub fn home(&self) -> IpAddr {
        self.machines[0].home.into()
    }

    /// The address of a machine, and the words by which a program is started on it.
    pub fn machine(&self, number: usize) -> (IpAddr, Vec<String>) {
        let machine = &self.machines[number];
        let within = ["ip", "netns", "exec", &machine.name];
        (machine.own.into(), within.map(str::to_owned).to_vec())
    }

    /// From now on these packets between the machine and whoever listens on this port vanish.
    pub fn cut(&self, number: usize, port: u16, lost: Lost) {
        let mut rules = format!("add rule inet faults in tcp sport {port} drop\n");
        if lost == Lost::All {
            writeln!(rules, "add rule inet faults out tcp dport {port} drop")
                .expect("a text takes more text");
        }
        self.filter(number, &rules)
            .expect("what was set up can be changed");
    }

    pub fn heal(&self, number: usize) {
        self.filter(
            number,
            "flush chain inet faults in\nflush chain inet faults out\n",
        )
        .expect("what was set up can be changed");
    }

    fn lay(&self, number: usize, cable: &str) -> Result<(), String> {
        let machine = &self.machines[number];
        let (here, there) = (format!("{cable}a"), format!("{cable}b"));
        let (home, own) = (
            format!("{}/30", machine.home),
            format!("{}/30", machine.own),
        );
        run(
            "ip",
            &["link", "add", &here, "type", "veth", "peer", "name", &there],
        )?;
        run("ip", &["link", "set", &there, "netns", &machine.name])?;
        run("ip", &["address", "add", &home, "dev", &here])?;
        run("ip", &["link", "set", &here, "up"])?;
        let inside = |words: &[&str]| {
            let all = ["-n", &machine.name];
            run("ip", &[&all, words].concat())
        };
        inside(&["address", "add", &own, "dev", &there])?;
        inside(&["link", "set", "lo", "up"])?;
        inside(&["link", "set", &there, "up"])?;
        let gateway = machine.home.to_string();
        inside(&["route", "add", "default", "via", &gateway])?;
        self.filter(number, RULES)
    }

    fn filter(&self, number: usize, rules: &str) -> Result<(), String> {
        let mut nft = Command::new("ip")
            .args([
                "netns",
                "exec",
                &self.machines[number].name,
                "nft",
                "-f",
                "-",
            ])
            .stdin(Stdio::piped())
            .spawn()
            .map_err(|error| error.to_string())?;
        let mut input = nft.stdin.take().ok_or("nft has no input")?;
        input
            .write_all(rules.as_bytes())
            .map_err(|error| error.to_string())?;
        drop(input);
        let done = nft.wait().map_err(|error| error.to_string())?;
        done.success()
            .then_some(())
            .ok_or_else(|| "nft has refused its rules".to_owned())
    }
}

impl Drop for Namespaces {
    fn drop(&mut self) {
        for machine in &self.machines {
            // With the namespace goes its end of the cable, and with that the other.
            let _ = run("ip", &["netns", "delete", &machine.name]);
        }
    }
}

fn run(program: &str, words: &[&str]) -> Result<(), String> {
    let ran = Command::new(program)
        .args(words)
        .output()
        .map_err(|error| format!("{program}: {error}"))?;
    ran.status.success().then_some(()).ok_or_else(|| {
        let said = String::from_utf8_lossy(&ran.stderr);
        format!("{program} {}: {}", words.join(" "), said.trim())
    })
}
