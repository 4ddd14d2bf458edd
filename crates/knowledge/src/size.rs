//! How much disk a system package of Debian takes, alone and with what it pulls in.

use crate::release::Release;
use crate::table::Table;

pub(crate) static SIZES: Table = Table::new(include_str!("../data/debian-sizes.tsv"));

/// Installed sizes of one package, in kilobytes of 1,024 bytes, from `Installed-Size`.
///
/// The sizes with dependencies are of an installation into a minimal system; packages that share
/// dependencies take less together than the sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// The package alone.
    pub alone: u32,
    /// With all that it depends on, as `apt-get install --no-install-recommends` adds it.
    pub with_dependencies: Option<u32>,
    /// With recommended packages too, as plain `apt-get install` adds it.
    pub with_recommended: Option<u32>,
    /// As `with_dependencies`, into the official slim Python image; known for bookworm only.
    pub in_slim_image: Option<u32>,
}

/// The size of a package on a release of Debian. Known for bullseye, bookworm and trixie.
pub fn size(release: Release, package: &str) -> Option<Size> {
    let row = SIZES.row_of_two(package, release.name())?;
    let [_, _, alone, dependencies, recommended, slim] = row.columns();
    Some(Size {
        alone: alone.parse().ok()?,
        with_dependencies: dependencies.parse().ok(),
        with_recommended: recommended.parse().ok(),
        in_slim_image: slim.parse().ok(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Distribution;
    use crate::release::release;

    #[test]
    fn sizes_are_per_release() {
        let bookworm = release(Distribution::Debian, "bookworm").unwrap();
        let expected = Size {
            alone: 20,
            with_dependencies: Some(315_402),
            with_recommended: Some(392_658),
            in_slim_image: Some(306_906),
        };
        assert_eq!(size(bookworm, "build-essential"), Some(expected));
        assert_eq!(size(bookworm, "unheard-of"), None);
        let buster = release(Distribution::Debian, "buster").unwrap();
        assert_eq!(size(buster, "build-essential"), None);
    }
}
