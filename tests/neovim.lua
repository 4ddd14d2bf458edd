-- Opens a Dockerfile, waits for its problems, applies what is safe, and saves. Prints one line for each problem.
vim.lsp.enable('pylintdock')
vim.cmd.edit('Dockerfile')
vim.bo.filetype = 'dockerfile'
local function arrived() return #vim.diagnostic.get(0) > 0 end
if not vim.wait(60000, arrived, 20) then
  print('no problems arrived\n')
  vim.cmd('cquit!')
end
for _, it in ipairs(vim.diagnostic.get(0)) do
  print(it.lnum + 1 .. ' ' .. it.code .. '\n')
end
local before = vim.api.nvim_buf_get_changedtick(0)
local context = { only = { 'source.fixAll.pylintdock' }, diagnostics = {} }
vim.lsp.buf.code_action({ context = context, apply = true })
vim.wait(60000, function() return vim.api.nvim_buf_get_changedtick(0) ~= before end, 20)
vim.cmd('silent! wall')
vim.cmd('qall!')
