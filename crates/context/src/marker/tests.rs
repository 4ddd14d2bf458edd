//! Markers and what they say of an environment, typed by hand.

use super::*;

fn evaluate(text: &str, environment: &Environment) -> Option<bool> {
    match Marker::parse(text) {
        Ok(marker) => marker.evaluate(environment),
        Err(error) => panic!("{text}: {error:?}"),
    }
}

const YES: Option<bool> = Some(true);
const NO: Option<bool> = Some(false);

#[test]
fn markers_hold_or_not() {
    let environment = Environment {
        extras: Some(vec!["Socks_5".to_owned()]),
        ..Environment::linux(Some("3.12.4"), Some("x86_64"))
    };
    for (text, expected) in [
        ("python_version == '3.12'", YES),
        ("python_version < '3.8'", NO),
        ("python_version < '3.9'", NO),
        ("python_version >= \"3.9\"", YES),
        ("python_version>='3.9'", YES),
        ("'3.9' <= python_version", YES),
        ("'3.13' <= python_version", NO),
        ("python_version == '3.*'", YES),
        ("python_version ~= '3.6'", YES),
        ("python_version in '3.11 3.12'", YES),
        ("python_version not in '3.11 3.12'", NO),
        ("python_version not  in '3.11'", YES),
        ("python_full_version >= '3.12.4'", YES),
        ("python_full_version > '3.12.4'", NO),
        ("python_full_version === '3.12.4'", YES),
        // What is no version matches no condition on versions, not even `!=`.
        ("'latest' != python_version", NO),
        ("python_version != 'latest'", YES),
        ("sys_platform == 'linux'", YES),
        ("sys.platform == 'linux'", YES),
        ("'linux' in sys_platform", YES),
        ("sys_platform == 'win32'", NO),
        ("sys_platform != 'win32'", YES),
        ("sys_platform > 'a'", NO),
        ("os_name == 'nt' or os.name == 'posix'", YES),
        ("platform_system == 'Linux'", YES),
        ("platform_machine == 'x86_64'", YES),
        ("platform_machine != 'aarch64' and platform_machine != 'arm64'", YES),
        ("platform_python_implementation == 'CPython'", YES),
        ("platform.python_implementation == 'CPython'", YES),
        ("python_implementation == 'PyPy'", NO),
        ("implementation_name == 'cpython'", YES),
        ("implementation_version >= '3.12'", YES),
        ("extra == 'socks-5'", YES),
        ("extra == 'tests'", NO),
        ("'socks-5' in extras", YES),
        ("'x' not in extras", YES),
        // `and` binds closer than `or`.
        ("sys_platform == 'linux' or sys_platform == 'x' and sys_platform == 'y'", YES),
        ("(sys_platform == 'linux' or sys_platform == 'x') and sys_platform == 'y'", NO),
        ("((sys_platform == 'linux'))", YES),
        // Not known.
        ("platform_release >= '5'", None),
        ("platform_version == 'x'", None),
        ("'dev' in dependency_groups", None),
        ("platform_release >= '5' and sys_platform == 'win32'", NO),
        ("platform_release >= '5' or sys_platform == 'linux'", YES),
        ("platform_release >= '5' or sys_platform == 'win32'", None),
        ("platform_release >= '5' and sys_platform == 'linux'", None),
        ("'a' == 'a'", None),
    ] {
        assert_eq!(evaluate(text, &environment), expected, "{text}");
    }
}

#[test]
fn a_minor_version_alone_decides_what_it_can() {
    let minor = Environment::linux(Some("3.12"), None);
    for (text, expected) in [
        ("python_full_version >= '3.12'", YES),
        ("python_full_version < '3.12'", NO),
        ("python_full_version >= '3.12.3'", None),
        ("python_full_version < '3.12.3'", None),
        ("python_full_version < '3.13'", YES),
        ("python_full_version == '3.12.*'", YES),
        ("python_full_version != '3.11.*'", YES),
        ("python_full_version == '3.12.3'", None),
        ("python_full_version != '3.12.3'", None),
        ("python_full_version == '3.11.3'", NO),
        ("'3.11' < python_full_version", YES),
        ("python_full_version in '3.12.1'", None),
        ("platform_machine == 'x86_64'", None),
        ("extra == 'x'", None),
    ] {
        assert_eq!(evaluate(text, &minor), expected, "{text}");
    }
    let nothing = Environment::default();
    assert_eq!(evaluate("python_version > '3'", &nothing), None);
    assert_eq!(evaluate("python_full_version > '3'", &nothing), None);
    let full =
        Environment { python_full_version: Some("3.9.1".to_owned()), ..Environment::default() };
    assert_eq!(evaluate("python_version == '3.9'", &full), YES);
}

#[test]
fn errors_point_at_the_fault() {
    for (text, range) in [
        ("", 0..0),
        ("python_version", 14..14),
        ("python_version >=", 17..17),
        ("python_version >= 3.8", 18..21),
        ("pythonversion >= '3'", 0..13),
        ("python_version = '3'", 15..15),
        ("python_version not '3'", 15..19),
        ("python_version >= '3", 18..20),
        ("(os_name == 'a'", 0..1),
        ("os_name == 'a')", 14..15),
        ("os_name == 'a' os_name == 'b'", 15..29),
        ("os_name == 'a' and", 18..18),
        ("os_name == 'a' andos_name == 'a'", 15..32),
        ("é", 0..2),
    ] {
        let error = Marker::parse(text).expect_err(text);
        assert_eq!(error.range, range, "{text}: {}", error.message);
    }
    assert!(Marker::parse(&"(".repeat(100_000)).is_err());
}
