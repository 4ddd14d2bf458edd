//! A private image builder: Docker's daemon from Debian's packages, unpacked beside the system and started for this run only.

use crate::program;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

/// The Debian release whose daemon is recent enough for heredocs and `COPY --link`; its programs need only libc 2.34.
const RELEASE: &str = "trixie";
const PACKAGES: &[&str] = &["docker.io", "docker-cli", "docker-buildx", "containerd"];

/// A running daemon with its own socket and store. It ends when this value is dropped.
pub(super) struct Builder {
    daemon: Child,
    tools: PathBuf,
    run: PathBuf,
}

impl Builder {
    /// Unpacks the daemon below `home` where it is not there yet, and starts it.
    ///
    /// # Errors
    ///
    /// The packages cannot be fetched, or the daemon does not answer within 30 seconds: the end of its log.
    pub(super) fn start(home: &Path) -> Result<Self, String> {
        let (tools, run) = (home.join("tools"), home.join("run"));
        unpack(home, &tools)?;
        std::fs::create_dir_all(&run)
            .map_err(|error| format!("cannot make `{}`: {error}", run.display()))?;
        let log = run.join("dockerd.log");
        let file = File::create(&log)
            .map_err(|error| format!("cannot write `{}`: {error}", log.display()))?;
        let errors = file.try_clone().map_err(|error| error.to_string())?;
        let daemon = program::background(tools.join("usr/sbin/dockerd"))
            .env("PATH", search_path(&tools))
            .args(["--host", &socket(&run), "--storage-driver", "overlay2", "--bridge=none"])
            .args([
                "--iptables=false",
                "--ip6tables=false",
                "--ip-forward=false",
                "--ip-masq=false",
            ])
            .arg("--data-root")
            .arg(home.join("data"))
            .arg("--exec-root")
            .arg(run.join("exec"))
            .arg("--pidfile")
            .arg(run.join("dockerd.pid"))
            .stdin(Stdio::null())
            .stdout(file)
            .stderr(errors)
            .spawn()
            .map_err(|error| format!("cannot start dockerd: {error}"))?;
        let mut builder = Self { daemon, tools, run };
        for _ in 0..60 {
            let gone = builder.daemon.try_wait().ok().flatten().is_some();
            if gone {
                break;
            }
            if program::output(builder.docker().arg("version")).is_ok() {
                return Ok(builder);
            }
            sleep(Duration::from_millis(500));
        }
        let said = std::fs::read_to_string(&log).unwrap_or_default();
        Err(format!(
            "the image builder does not answer; its last words:\n{}",
            program::last_lines(&said)
        ))
    }

    /// The client, told to talk to this daemon only.
    pub(super) fn docker(&self) -> Command {
        let mut command = Command::new(self.tools.join("usr/bin/docker"));
        command
            .env("PATH", search_path(&self.tools))
            .env("DOCKER_HOST", socket(&self.run))
            .env("DOCKER_CONFIG", self.run.join("config"));
        command
    }

    /// Whether an image of this name is in the store.
    pub(super) fn has(&self, image: &str) -> bool {
        program::output(self.docker().args(["image", "inspect", "--format", "{{.Id}}", image]))
            .is_ok()
    }
}

impl Drop for Builder {
    fn drop(&mut self) {
        // A daemon that is told to end unmounts its layers; one that is killed leaves them mounted.
        let told = Command::new("kill")
            .arg(self.daemon.id().to_string())
            .status()
            .is_ok_and(|it| it.success());
        if !told {
            let _ = self.daemon.kill();
        }
        let _ = self.daemon.wait();
    }
}

fn socket(run: &Path) -> String {
    format!("unix://{}", run.join("docker.sock").display())
}

fn search_path(tools: &Path) -> String {
    let rest = std::env::var("PATH").unwrap_or_default();
    format!("{0}/usr/bin:{0}/usr/sbin:{rest}", tools.display())
}

/// Unpacks the daemon and its helpers into `tools`, and tells the client where buildx is.
fn unpack(home: &Path, tools: &Path) -> Result<(), String> {
    if !tools.join("usr/sbin/dockerd").is_file() || !tools.join("usr/sbin/runc").is_file() {
        let folder = home.join("apt");
        let debs = folder.join("debs");
        std::fs::create_dir_all(&debs)
            .map_err(|error| format!("cannot make `{}`: {error}", debs.display()))?;
        let settings = apt_settings(&folder)?;
        program::output(
            Command::new("apt-get").env("APT_CONFIG", &settings).args(["-qq", "update"]),
        )?;
        program::output(
            Command::new("apt-get")
                .env("APT_CONFIG", &settings)
                .current_dir(&debs)
                .args(["-qq", "download"])
                .args(PACKAGES),
        )?;
        // runc calls libraries of the running system, so it is that system's own.
        program::output(
            Command::new("apt-get").current_dir(&debs).args(["-qq", "download", "runc"]),
        )?;
        let files = std::fs::read_dir(&debs).map_err(|error| error.to_string())?;
        for deb in files.filter_map(Result::ok) {
            program::output(Command::new("dpkg-deb").arg("--extract").arg(deb.path()).arg(tools))?;
        }
    }
    let plugins = home.join("run/config/cli-plugins");
    let buildx = plugins.join("docker-buildx");
    if !buildx.exists() {
        std::fs::create_dir_all(&plugins)
            .map_err(|error| format!("cannot make `{}`: {error}", plugins.display()))?;
        std::os::unix::fs::symlink(
            tools.join("usr/libexec/docker/cli-plugins/docker-buildx"),
            &buildx,
        )
        .map_err(|error| format!("cannot make `{}`: {error}", buildx.display()))?;
    }
    Ok(())
}

/// Settings that let apt-get look into another release without touching the system's own lists.
fn apt_settings(folder: &Path) -> Result<PathBuf, String> {
    for name in ["lists/partial", "cache/archives/partial", "state"] {
        let path = folder.join(name);
        std::fs::create_dir_all(&path)
            .map_err(|error| format!("cannot make `{}`: {error}", path.display()))?;
    }
    program::write(&folder.join("state/status"), "")?;
    let sources = folder.join("sources.list");
    let line = format!(
        "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] {} {RELEASE} main\n",
        crate::working_tree::debian_mirror()
    );
    program::write(&sources, &line)?;
    let folder = folder.display();
    let settings = format!(
        "Dir::State \"{folder}/state\";\nDir::State::lists \"{folder}/lists\";\nDir::State::status \"{folder}/state/status\";\n\
         Dir::Cache \"{folder}/cache\";\nDir::Etc::sourcelist \"{}\";\nDir::Etc::sourceparts \"/nonexistent\";\n\
         Acquire::Languages \"none\";\nAcquire::Check-Valid-Until \"false\";\nAcquire::Check-Date \"false\";\nAPT::Sandbox::User \"root\";\n",
        sources.display()
    );
    let path = PathBuf::from(format!("{folder}/apt.conf"));
    program::write(&path, &settings)?;
    Ok(path)
}
