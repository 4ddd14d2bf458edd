//! What commands make, use and take away.

use super::*;
use syntax::{Excerpt, Span};

fn of(text: &str) -> Effect {
    let excerpt = Excerpt::slice(text, Span::new(0, text.len()));
    let script = shell::parse(&excerpt);
    let command = script.commands.first().expect("a command");
    let lookup = |name: &str| (name == "DIR").then(|| "/data".to_owned());
    let call = managers::call(command, &lookup);
    effect(command, call.as_ref(), Some("/app"), &lookup)
}

#[test]
fn what_may_be_made() {
    assert!(HARMLESS.is_sorted());
    for (text, expected) in [
        ("pip install --upgrade pip", false),
        ("pip install -t . x", true),
        ("apt-get update", false),
        ("echo x", false),
        ("echo x > requirements.txt", true),
        ("echo x > /etc/hosts", false),
        ("echo x > $FILE", true),
        ("echo x > $DIR/x", false),
        ("mkdir -p /app", false),
        ("touch a", false),
        ("touch requirements.txt", true),
        ("cp -r /src/. /app", true),
        ("cp /src/requirements.txt /tmp/", false),
        ("git clone https://h/x.git", false),
        ("git clone https://h/x.git .", true),
        ("curl -sSL https://h/install.sh -o /tmp/x", false),
        ("curl -O https://h/requirements.txt", true),
        ("wget $URL", true),
        ("tar xzf /tmp/x.tgz", true),
        ("tar -xzf /tmp/x.tgz -C /opt", false),
        ("python make.py", true),
        ("pip-compile requirements.in", true),
        ("poetry config virtualenvs.create false", false),
        ("poetry export -o requirements.txt", true),
        (". /venv/bin/activate", false),
        (". ./setup.sh", true),
        ("rm -rf /var/lib/apt/lists/*", false),
        ("npm ci", true),
        ("bash -c 'echo x'", false),
    ] {
        assert_eq!(of(text).may_make("/app/requirements.txt"), expected, "{text}");
    }
}

#[test]
fn what_may_be_used() {
    for (text, expected) in [
        ("chmod +x start.sh", true),
        ("chmod 755 /usr/local/bin/x", false),
        ("chown -R app /", true),
        ("rm -rf /tmp/x", false),
        ("useradd app", false),
        ("mkdir logs", false),
        ("cat < a", true),
        ("ls", false),
        ("ls .", true),
        ("python manage.py", true),
    ] {
        assert_eq!(of(text).may_use("/app"), expected, "{text}");
    }
    assert!(of("rm -rf /app/*").may_remove("/app/x"));
    assert!(!of("rm -rf /tmp").may_remove("/app/x"));
}
