-- Opens the Dockerfile of the current folder, waits for its problems, and does what the variable DEED says:
--   repair   applies one repair, then everything that is safe, and saves
--   rewrite  applies the rewrite on FROM, and saves
--   save     changes a line and saves, with the lines of editors/README.md
vim.lsp.enable('pylintdock')
if vim.env.DEED == 'save' then dofile('/work/on-save.lua') end
vim.cmd.edit('Dockerfile')
vim.bo.filetype = 'dockerfile'

local function fail(what)
  io.stderr:write(what .. '\n')
  vim.cmd('cquit!')
end

local function await(what, holds)
  if not vim.wait(60000, holds, 20) then fail('never: ' .. what) end
end

local function code(line)
  for _, it in ipairs(vim.diagnostic.get(0)) do
    if it.lnum + 1 == line then return it.code end
  end
end

local function text() return table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, true), '\n') end

local function apply(context, filter, expected)
  vim.lsp.buf.code_action({ context = context, filter = filter, apply = true })
  await(expected .. ' in the text', function() return text():find(expected, 1, true) end)
end

await('problems arrive', function() return #vim.diagnostic.get(0) > 0 end)
if vim.env.DEED == 'repair' then
  if code(7) ~= 'pip-cache-kept' then fail('line 7 has ' .. tostring(code(7))) end
  vim.api.nvim_win_set_cursor(0, { 7, 6 })
  local function is_it(action) return action.title == 'Add --no-cache-dir' end
  apply(nil, is_it, 'pip install --no-cache-dir -r')
  apply({ only = { 'source.fixAll.pylintdock' }, diagnostics = {} }, nil, 'rm -rf /var/lib/apt/lists/*')
elseif vim.env.DEED == 'rewrite' then
  vim.api.nvim_win_set_cursor(0, { 1, 0 })
  apply({ only = { 'refactor.rewrite' }, diagnostics = {} }, nil, 'AS builder')
else
  vim.cmd('normal! GO')
end
vim.cmd('silent! wall')
if vim.bo.modified then fail('something is left to save') end
if vim.env.DEED == 'save' then
  -- The line that was changed is changed back, past what is done on saving.
  vim.cmd('normal! Gkdd')
  vim.cmd('noautocmd silent! wall')
end
vim.cmd('qall!')
