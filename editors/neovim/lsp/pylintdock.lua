-- pylintdock for Neovim 0.11 and later: put this file into `lsp/` of your configuration, then
--   vim.lsp.enable('pylintdock')
return {
  cmd = { 'pylintdock', 'server' },
  filetypes = { 'dockerfile' },
  root_markers = { { 'pylintdock.toml', '.pylintdock.toml' }, 'pyproject.toml', '.git' },
  -- What is set here goes before the configuration files of a project; see editors/README.md.
  settings = { pylintdock = vim.empty_dict() },
}
