//! Neovim, headless, with the configuration of `editors/neovim` and the lines of its page.

use super::debian::Debian;
use super::{Setting, block, instructions, own_files, project};
use crate::program;

/// What is done in the editor, and in which project.
const DEEDS: [(&str, &str); 3] = [("repair", "repair"), ("rewrite", "rewrite"), ("save", "repair")];

/// Shows, repairs, rewrites and fixes on save.
pub(super) fn test(setting: &Setting<'_>) -> Result<(), String> {
    let debian = Debian::install(setting)?;
    let page = instructions("README.md")?;
    let on_save = block(&page, "## Neovim 0.11 and later", "lua", "BufWritePre")?;
    let configuration = instructions("neovim/lsp/pylintdock.lua")?;
    program::write(&debian.path("root/.config/nvim/lsp/pylintdock.lua"), &configuration)?;
    program::write(&debian.path("work/on-save.lua"), &on_save)?;
    let script = own_files().join("neovim.lua");
    let script = std::fs::read_to_string(&script).map_err(|error| error.to_string())?;
    program::write(&debian.path("work/neovim.lua"), &script)?;
    for (deed, name) in DEEDS {
        let place = format!("neovim-{deed}");
        let folder = debian.project(&place);
        project::lay_out(name, &folder)?;
        let line = format!("DEED={deed} timeout 100 nvim --headless -l /work/neovim.lua 2>&1");
        program::output(&mut debian.command(&place, &line))?;
        project::compare(name, &folder, setting.program).map_err(|it| format!("{deed}: {it}"))?;
    }
    Ok(())
}
