
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'ptw-hooks' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'ptw-hooks'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'ptw-hooks' {
            [CompletionResult]::new('--db', '--db', [CompletionResultType]::ParameterName, 'The database file [env: PTW_HOOKS_DB] [default: ptw-hooks/ptw-hooks.db in the user''s data directory]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [env: PTW_HOOKS_CONFIG] [default: ptw-hooks/config.toml in the user''s configuration directory]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour: on a terminal, always or never [env: PTW_HOOKS_COLOR, NO_COLOR] [default: auto]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no notes and warnings, only data and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no notes and warnings, only data and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say which files are used and what is sent')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say which files are used and what is sent')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('create', 'create', [CompletionResultType]::ParameterValue, 'Create a webhook: where events are sent, and which ones')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the webhooks')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show everything about one webhook')
            [CompletionResult]::new('update', 'update', [CompletionResultType]::ParameterValue, 'Change a webhook')
            [CompletionResult]::new('enable', 'enable', [CompletionResultType]::ParameterValue, 'Enable a webhook, so that it is sent events again')
            [CompletionResult]::new('disable', 'disable', [CompletionResultType]::ParameterValue, 'Disable a webhook; what it misses is recorded')
            [CompletionResult]::new('delete', 'delete', [CompletionResultType]::ParameterValue, 'Delete a webhook; its log stays')
            [CompletionResult]::new('events', 'events', [CompletionResultType]::ParameterValue, 'List the events that can be emitted and subscribed to')
            [CompletionResult]::new('emit', 'emit', [CompletionResultType]::ParameterValue, 'Emit an event: sign it and send it to every webhook that is owed it')
            [CompletionResult]::new('test', 'test', [CompletionResultType]::ParameterValue, 'Send a test event to one webhook and show what came back')
            [CompletionResult]::new('deliveries', 'deliveries', [CompletionResultType]::ParameterValue, 'Show the log of deliveries, the newest first')
            [CompletionResult]::new('inspect', 'inspect', [CompletionResultType]::ParameterValue, 'Show one delivery in full: request, attempts, answers and advice')
            [CompletionResult]::new('retry', 'retry', [CompletionResultType]::ParameterValue, 'Send what is due')
            [CompletionResult]::new('redeliver', 'redeliver', [CompletionResultType]::ParameterValue, 'Send deliveries again, with the same event id and body')
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Check a signature, and say why where it is not right')
            [CompletionResult]::new('demo', 'demo', [CompletionResultType]::ParameterValue, 'Run the whole way on this machine, in a temporary database and without a network')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print the completion script of a shell')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Print the manual page of a command')
            break
        }
        'ptw-hooks;create' {
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'A name for people; several webhooks may share one')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Where events are sent: http or https')
            [CompletionResult]::new('--event', '--event', [CompletionResultType]::ParameterName, 'An event to subscribe to, or ''*'' for every one; may be repeated')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Take only events of this project; without it, those of every project')
            [CompletionResult]::new('--secret', '--secret', [CompletionResultType]::ParameterName, 'The secret. Other users of this machine can see it in the list of processes: prefer --secret-file')
            [CompletionResult]::new('--secret-file', '--secret-file', [CompletionResultType]::ParameterName, 'Read the secret from the first line of a file, or from standard input for `-`')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'What a whole exchange may take, from 1s to 30s [default: 10s, or `timeout` of the configuration]')
            [CompletionResult]::new('--header', '--header', [CompletionResultType]::ParameterName, 'A header to send with every request; may be repeated. Its value is masked wherever it is shown')
            [CompletionResult]::new('--db', '--db', [CompletionResultType]::ParameterName, 'The database file [env: PTW_HOOKS_DB] [default: ptw-hooks/ptw-hooks.db in the user''s data directory]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [env: PTW_HOOKS_CONFIG] [default: ptw-hooks/config.toml in the user''s configuration directory]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour: on a terminal, always or never [env: PTW_HOOKS_COLOR, NO_COLOR] [default: auto]')
            [CompletionResult]::new('--disabled', '--disabled', [CompletionResultType]::ParameterName, 'Create it disabled')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no notes and warnings, only data and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no notes and warnings, only data and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say which files are used and what is sent')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say which files are used and what is sent')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ptw-hooks;list' {
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Only those of this project')
            [CompletionResult]::new('--event', '--event', [CompletionResultType]::ParameterName, 'Only those that subscribe to this event')
            [CompletionResult]::new('--db', '--db', [CompletionResultType]::ParameterName, 'The database file [env: PTW_HOOKS_DB] [default: ptw-hooks/ptw-hooks.db in the user''s data directory]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [env: PTW_HOOKS_CONFIG] [default: ptw-hooks/config.toml in the user''s configuration directory]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour: on a terminal, always or never [env: PTW_HOOKS_COLOR, NO_COLOR] [default: auto]')
            [CompletionResult]::new('--enabled', '--enabled', [CompletionResultType]::ParameterName, 'Only enabled ones')
            [CompletionResult]::new('--disabled', '--disabled', [CompletionResultType]::ParameterName, 'Only disabled ones')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no notes and warnings, only data and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no notes and warnings, only data and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say which files are used and what is sent')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say which files are used and what is sent')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ptw-hooks;show' {
            [CompletionResult]::new('--db', '--db', [CompletionResultType]::ParameterName, 'The database file [env: PTW_HOOKS_DB] [default: ptw-hooks/ptw-hooks.db in the user''s data directory]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [env: PTW_HOOKS_CONFIG] [default: ptw-hooks/config.toml in the user''s configuration directory]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour: on a terminal, always or never [env: PTW_HOOKS_COLOR, NO_COLOR] [default: auto]')
            [CompletionResult]::new('--reveal-secret', '--reveal-secret', [CompletionResultType]::ParameterName, 'Show the secret instead of its mask')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no notes and warnings, only data and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no notes and warnings, only data and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say which files are used and what is sent')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say which files are used and what is sent')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ptw-hooks;update' {
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'A new name')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'A new address')
            [CompletionResult]::new('--event', '--event', [CompletionResultType]::ParameterName, 'Subscribe to this event and no others; may be repeated')
            [CompletionResult]::new('--add-event', '--add-event', [CompletionResultType]::ParameterName, 'Subscribe to this event as well; may be repeated')
            [CompletionResult]::new('--remove-event', '--remove-event', [CompletionResultType]::ParameterName, 'No longer subscribe to this event; may be repeated')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Take only events of this project')
            [CompletionResult]::new('--secret', '--secret', [CompletionResultType]::ParameterName, 'A new secret. Other users of this machine can see it in the list of processes: prefer --secret-file')
            [CompletionResult]::new('--secret-file', '--secret-file', [CompletionResultType]::ParameterName, 'Read a new secret from the first line of a file, or from standard input for `-`')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'What a whole exchange may take, from 1s to 30s')
            [CompletionResult]::new('--header', '--header', [CompletionResultType]::ParameterName, 'Headers to send with every request, in the place of those that were set; may be repeated')
            [CompletionResult]::new('--db', '--db', [CompletionResultType]::ParameterName, 'The database file [env: PTW_HOOKS_DB] [default: ptw-hooks/ptw-hooks.db in the user''s data directory]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [env: PTW_HOOKS_CONFIG] [default: ptw-hooks/config.toml in the user''s configuration directory]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour: on a terminal, always or never [env: PTW_HOOKS_COLOR, NO_COLOR] [default: auto]')
            [CompletionResult]::new('--global', '--global', [CompletionResultType]::ParameterName, 'Take events of every project')
            [CompletionResult]::new('--generate-secret', '--generate-secret', [CompletionResultType]::ParameterName, 'Generate a new secret and show it this once')
            [CompletionResult]::new('--default-timeout', '--default-timeout', [CompletionResultType]::ParameterName, 'Take the timeout of the configuration again')
            [CompletionResult]::new('--no-headers', '--no-headers', [CompletionResultType]::ParameterName, 'Send no headers of its own any more')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no notes and warnings, only data and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no notes and warnings, only data and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say which files are used and what is sent')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say which files are used and what is sent')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ptw-hooks;enable' {
            [CompletionResult]::new('--db', '--db', [CompletionResultType]::ParameterName, 'The database file [env: PTW_HOOKS_DB] [default: ptw-hooks/ptw-hooks.db in the user''s data directory]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [env: PTW_HOOKS_CONFIG] [default: ptw-hooks/config.toml in the user''s configuration directory]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour: on a terminal, always or never [env: PTW_HOOKS_COLOR, NO_COLOR] [default: auto]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no notes and warnings, only data and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no notes and warnings, only data and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say which files are used and what is sent')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say which files are used and what is sent')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ptw-hooks;disable' {
            [CompletionResult]::new('--db', '--db', [CompletionResultType]::ParameterName, 'The database file [env: PTW_HOOKS_DB] [default: ptw-hooks/ptw-hooks.db in the user''s data directory]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [env: PTW_HOOKS_CONFIG] [default: ptw-hooks/config.toml in the user''s configuration directory]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour: on a terminal, always or never [env: PTW_HOOKS_COLOR, NO_COLOR] [default: auto]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no notes and warnings, only data and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no notes and warnings, only data and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say which files are used and what is sent')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say which files are used and what is sent')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ptw-hooks;delete' {
            [CompletionResult]::new('--db', '--db', [CompletionResultType]::ParameterName, 'The database file [env: PTW_HOOKS_DB] [default: ptw-hooks/ptw-hooks.db in the user''s data directory]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [env: PTW_HOOKS_CONFIG] [default: ptw-hooks/config.toml in the user''s configuration directory]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour: on a terminal, always or never [env: PTW_HOOKS_COLOR, NO_COLOR] [default: auto]')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no notes and warnings, only data and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no notes and warnings, only data and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say which files are used and what is sent')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say which files are used and what is sent')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ptw-hooks;events' {
            [CompletionResult]::new('--db', '--db', [CompletionResultType]::ParameterName, 'The database file [env: PTW_HOOKS_DB] [default: ptw-hooks/ptw-hooks.db in the user''s data directory]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [env: PTW_HOOKS_CONFIG] [default: ptw-hooks/config.toml in the user''s configuration directory]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour: on a terminal, always or never [env: PTW_HOOKS_COLOR, NO_COLOR] [default: auto]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no notes and warnings, only data and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no notes and warnings, only data and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say which files are used and what is sent')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say which files are used and what is sent')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ptw-hooks;emit' {
            [CompletionResult]::new('--permit-id', '--permit-id', [CompletionResultType]::ParameterName, 'The permit''s id, an integer')
            [CompletionResult]::new('--permit-number', '--permit-number', [CompletionResultType]::ParameterName, 'The permit''s number, as people know it')
            [CompletionResult]::new('--batch', '--batch', [CompletionResultType]::ParameterName, 'Emit an event for every line of this file, or of standard input for `-`: JSON objects with event, permit_id, permit_number and, if wanted, project_id, timestamp, data and idempotency_key')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'The project that the permit belongs to')
            [CompletionResult]::new('--timestamp', '--timestamp', [CompletionResultType]::ParameterName, 'When it happened, RFC 3339 with any offset [default: now]')
            [CompletionResult]::new('--status', '--status', [CompletionResultType]::ParameterName, 'Sets `status` in the data')
            [CompletionResult]::new('--permit-type', '--permit-type', [CompletionResultType]::ParameterName, 'Sets `permit_type` in the data')
            [CompletionResult]::new('--location', '--location', [CompletionResultType]::ParameterName, 'Sets `location` in the data')
            [CompletionResult]::new('--risk-level', '--risk-level', [CompletionResultType]::ParameterName, 'Sets `risk_level` in the data')
            [CompletionResult]::new('--data', '--data', [CompletionResultType]::ParameterName, 'A member of the data: KEY=TEXT for a string, KEY:=JSON for any other value; may be repeated')
            [CompletionResult]::new('--data-json', '--data-json', [CompletionResultType]::ParameterName, 'The data as a JSON object: the text itself, @FILE to read it from a file, or - from standard input')
            [CompletionResult]::new('--idempotency-key', '--idempotency-key', [CompletionResultType]::ParameterName, 'Recognise a repetition by this key instead of event, permit and hour')
            [CompletionResult]::new('--db', '--db', [CompletionResultType]::ParameterName, 'The database file [env: PTW_HOOKS_DB] [default: ptw-hooks/ptw-hooks.db in the user''s data directory]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [env: PTW_HOOKS_CONFIG] [default: ptw-hooks/config.toml in the user''s configuration directory]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour: on a terminal, always or never [env: PTW_HOOKS_COLOR, NO_COLOR] [default: auto]')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Print the requests that would be sent; send and store nothing')
            [CompletionResult]::new('--queue', '--queue', [CompletionResultType]::ParameterName, 'Only accept; do not send now')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no notes and warnings, only data and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no notes and warnings, only data and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say which files are used and what is sent')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say which files are used and what is sent')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ptw-hooks;test' {
            [CompletionResult]::new('--db', '--db', [CompletionResultType]::ParameterName, 'The database file [env: PTW_HOOKS_DB] [default: ptw-hooks/ptw-hooks.db in the user''s data directory]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [env: PTW_HOOKS_CONFIG] [default: ptw-hooks/config.toml in the user''s configuration directory]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour: on a terminal, always or never [env: PTW_HOOKS_COLOR, NO_COLOR] [default: auto]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no notes and warnings, only data and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no notes and warnings, only data and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say which files are used and what is sent')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say which files are used and what is sent')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ptw-hooks;deliveries' {
            [CompletionResult]::new('--status', '--status', [CompletionResultType]::ParameterName, 'Only those that stand so')
            [CompletionResult]::new('--event', '--event', [CompletionResultType]::ParameterName, 'Only those of this event')
            [CompletionResult]::new('--permit', '--permit', [CompletionResultType]::ParameterName, 'Only those about this permit, by its id or its number')
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'Only those accepted since then: a time, a date, or an age such as 90m, 24h or 7d')
            [CompletionResult]::new('--until', '--until', [CompletionResultType]::ParameterName, 'Only those accepted before then')
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'At most this many')
            [CompletionResult]::new('--db', '--db', [CompletionResultType]::ParameterName, 'The database file [env: PTW_HOOKS_DB] [default: ptw-hooks/ptw-hooks.db in the user''s data directory]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [env: PTW_HOOKS_CONFIG] [default: ptw-hooks/config.toml in the user''s configuration directory]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour: on a terminal, always or never [env: PTW_HOOKS_COLOR, NO_COLOR] [default: auto]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no notes and warnings, only data and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no notes and warnings, only data and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say which files are used and what is sent')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say which files are used and what is sent')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ptw-hooks;inspect' {
            [CompletionResult]::new('--db', '--db', [CompletionResultType]::ParameterName, 'The database file [env: PTW_HOOKS_DB] [default: ptw-hooks/ptw-hooks.db in the user''s data directory]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [env: PTW_HOOKS_CONFIG] [default: ptw-hooks/config.toml in the user''s configuration directory]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour: on a terminal, always or never [env: PTW_HOOKS_COLOR, NO_COLOR] [default: auto]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no notes and warnings, only data and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no notes and warnings, only data and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say which files are used and what is sent')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say which files are used and what is sent')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ptw-hooks;retry' {
            [CompletionResult]::new('--db', '--db', [CompletionResultType]::ParameterName, 'The database file [env: PTW_HOOKS_DB] [default: ptw-hooks/ptw-hooks.db in the user''s data directory]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [env: PTW_HOOKS_CONFIG] [default: ptw-hooks/config.toml in the user''s configuration directory]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour: on a terminal, always or never [env: PTW_HOOKS_COLOR, NO_COLOR] [default: auto]')
            [CompletionResult]::new('--now', '--now', [CompletionResultType]::ParameterName, 'Send all that is pending, also what is not due yet')
            [CompletionResult]::new('--watch', '--watch', [CompletionResultType]::ParameterName, 'Go on until interrupted: a worker in the foreground')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no notes and warnings, only data and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no notes and warnings, only data and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say which files are used and what is sent')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say which files are used and what is sent')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ptw-hooks;redeliver' {
            [CompletionResult]::new('--webhook', '--webhook', [CompletionResultType]::ParameterName, 'Those of this webhook, by its id or its name')
            [CompletionResult]::new('--status', '--status', [CompletionResultType]::ParameterName, 'Those that stand so')
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'Those accepted since then: a time, a date, or an age such as 90m, 24h or 7d')
            [CompletionResult]::new('--db', '--db', [CompletionResultType]::ParameterName, 'The database file [env: PTW_HOOKS_DB] [default: ptw-hooks/ptw-hooks.db in the user''s data directory]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [env: PTW_HOOKS_CONFIG] [default: ptw-hooks/config.toml in the user''s configuration directory]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour: on a terminal, always or never [env: PTW_HOOKS_COLOR, NO_COLOR] [default: auto]')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say how many there are, and send nothing')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no notes and warnings, only data and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no notes and warnings, only data and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say which files are used and what is sent')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say which files are used and what is sent')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ptw-hooks;verify' {
            [CompletionResult]::new('--secret-file', '--secret-file', [CompletionResultType]::ParameterName, 'Read the secret from a file, or from standard input for `-`')
            [CompletionResult]::new('--webhook', '--webhook', [CompletionResultType]::ParameterName, 'Take the secret of this webhook, by its id or its name')
            [CompletionResult]::new('--body', '--body', [CompletionResultType]::ParameterName, 'The body that was signed: a file, or standard input for `-`')
            [CompletionResult]::new('--signature', '--signature', [CompletionResultType]::ParameterName, 'The signature to check: `sha256=…` or `v1,…`')
            [CompletionResult]::new('--id', '--id', [CompletionResultType]::ParameterName, 'The value of the header webhook-id')
            [CompletionResult]::new('--timestamp', '--timestamp', [CompletionResultType]::ParameterName, 'The value of the header webhook-timestamp')
            [CompletionResult]::new('--db', '--db', [CompletionResultType]::ParameterName, 'The database file [env: PTW_HOOKS_DB] [default: ptw-hooks/ptw-hooks.db in the user''s data directory]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [env: PTW_HOOKS_CONFIG] [default: ptw-hooks/config.toml in the user''s configuration directory]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour: on a terminal, always or never [env: PTW_HOOKS_COLOR, NO_COLOR] [default: auto]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no notes and warnings, only data and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no notes and warnings, only data and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say which files are used and what is sent')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say which files are used and what is sent')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ptw-hooks;demo' {
            [CompletionResult]::new('--db', '--db', [CompletionResultType]::ParameterName, 'The database file [env: PTW_HOOKS_DB] [default: ptw-hooks/ptw-hooks.db in the user''s data directory]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [env: PTW_HOOKS_CONFIG] [default: ptw-hooks/config.toml in the user''s configuration directory]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour: on a terminal, always or never [env: PTW_HOOKS_COLOR, NO_COLOR] [default: auto]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no notes and warnings, only data and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no notes and warnings, only data and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say which files are used and what is sent')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say which files are used and what is sent')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ptw-hooks;completions' {
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Write the scripts of all shells into this directory')
            [CompletionResult]::new('--db', '--db', [CompletionResultType]::ParameterName, 'The database file [env: PTW_HOOKS_DB] [default: ptw-hooks/ptw-hooks.db in the user''s data directory]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [env: PTW_HOOKS_CONFIG] [default: ptw-hooks/config.toml in the user''s configuration directory]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour: on a terminal, always or never [env: PTW_HOOKS_COLOR, NO_COLOR] [default: auto]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no notes and warnings, only data and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no notes and warnings, only data and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say which files are used and what is sent')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say which files are used and what is sent')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ptw-hooks;man' {
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Write the pages of all commands into this directory')
            [CompletionResult]::new('--db', '--db', [CompletionResultType]::ParameterName, 'The database file [env: PTW_HOOKS_DB] [default: ptw-hooks/ptw-hooks.db in the user''s data directory]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [env: PTW_HOOKS_CONFIG] [default: ptw-hooks/config.toml in the user''s configuration directory]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour: on a terminal, always or never [env: PTW_HOOKS_COLOR, NO_COLOR] [default: auto]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no notes and warnings, only data and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no notes and warnings, only data and errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say which files are used and what is sent')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say which files are used and what is sent')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
