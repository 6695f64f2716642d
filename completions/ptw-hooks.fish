# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_ptw_hooks_global_optspecs
    string join \n db= config= o/output= q/quiet v/verbose color= h/help V/version
end

function __fish_ptw_hooks_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_ptw_hooks_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_ptw_hooks_using_subcommand
    set -l cmd (__fish_ptw_hooks_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c ptw-hooks -n "__fish_ptw_hooks_needs_command" -l db -d 'The database file [env: PTW_HOOKS_DB] [default: ptw-hooks/ptw-hooks.db in the user\'s data directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_needs_command" -l config -d 'The configuration file [env: PTW_HOOKS_CONFIG] [default: ptw-hooks/config.toml in the user\'s configuration directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_needs_command" -s o -l output -d 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]' -r -f -a "table\t''
json\t''
ndjson\t''
csv\t''
tsv\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_needs_command" -l color -d 'When to colour: on a terminal, always or never [env: PTW_HOOKS_COLOR, NO_COLOR] [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_needs_command" -s q -l quiet -d 'Print no notes and warnings, only data and errors'
complete -c ptw-hooks -n "__fish_ptw_hooks_needs_command" -s v -l verbose -d 'Say which files are used and what is sent'
complete -c ptw-hooks -n "__fish_ptw_hooks_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ptw-hooks -n "__fish_ptw_hooks_needs_command" -s V -l version -d 'Print version'
complete -c ptw-hooks -n "__fish_ptw_hooks_needs_command" -f -a "create" -d 'Create a webhook: where events are sent, and which ones'
complete -c ptw-hooks -n "__fish_ptw_hooks_needs_command" -f -a "list" -d 'List the webhooks'
complete -c ptw-hooks -n "__fish_ptw_hooks_needs_command" -f -a "show" -d 'Show everything about one webhook'
complete -c ptw-hooks -n "__fish_ptw_hooks_needs_command" -f -a "update" -d 'Change a webhook'
complete -c ptw-hooks -n "__fish_ptw_hooks_needs_command" -f -a "enable" -d 'Enable a webhook, so that it is sent events again'
complete -c ptw-hooks -n "__fish_ptw_hooks_needs_command" -f -a "disable" -d 'Disable a webhook; what it misses is recorded'
complete -c ptw-hooks -n "__fish_ptw_hooks_needs_command" -f -a "pause" -d 'Send nothing to a webhook for now; what it is owed waits'
complete -c ptw-hooks -n "__fish_ptw_hooks_needs_command" -f -a "resume" -d 'Send to a paused webhook again'
complete -c ptw-hooks -n "__fish_ptw_hooks_needs_command" -f -a "rotate-secret" -d 'Change the secret of a webhook without a failed delivery'
complete -c ptw-hooks -n "__fish_ptw_hooks_needs_command" -f -a "delete" -d 'Delete a webhook; its log stays'
complete -c ptw-hooks -n "__fish_ptw_hooks_needs_command" -f -a "export" -d 'Print the definitions of webhooks as a file, without their secrets'
complete -c ptw-hooks -n "__fish_ptw_hooks_needs_command" -f -a "diff" -d 'Show what differs between a definitions file and the webhooks'
complete -c ptw-hooks -n "__fish_ptw_hooks_needs_command" -f -a "apply" -d 'Make the webhooks what a definitions file declares'
complete -c ptw-hooks -n "__fish_ptw_hooks_needs_command" -f -a "events" -d 'List the events that can be emitted and subscribed to'
complete -c ptw-hooks -n "__fish_ptw_hooks_needs_command" -f -a "emit" -d 'Emit an event: sign it and send it to every webhook that is owed it'
complete -c ptw-hooks -n "__fish_ptw_hooks_needs_command" -f -a "test" -d 'Send a test event to one webhook and show what came back'
complete -c ptw-hooks -n "__fish_ptw_hooks_needs_command" -f -a "deliveries" -d 'Show the log of deliveries, the newest first'
complete -c ptw-hooks -n "__fish_ptw_hooks_needs_command" -f -a "inspect" -d 'Show one delivery in full: request, attempts, answers and advice'
complete -c ptw-hooks -n "__fish_ptw_hooks_needs_command" -f -a "explain" -d 'Say for every webhook whether an event was sent to it, and why if not'
complete -c ptw-hooks -n "__fish_ptw_hooks_needs_command" -f -a "stats" -d 'Show how deliveries fared: counts, rates, times and errors of each webhook'
complete -c ptw-hooks -n "__fish_ptw_hooks_needs_command" -f -a "doctor" -d 'Look for what keeps events from arriving: on this machine and at each receiver'
complete -c ptw-hooks -n "__fish_ptw_hooks_needs_command" -f -a "retry" -d 'Send what is due'
complete -c ptw-hooks -n "__fish_ptw_hooks_needs_command" -f -a "redeliver" -d 'Send deliveries again, with the same event id and body'
complete -c ptw-hooks -n "__fish_ptw_hooks_needs_command" -f -a "replay" -d 'Send what webhooks have missed while they were disabled'
complete -c ptw-hooks -n "__fish_ptw_hooks_needs_command" -f -a "check" -d 'Look for everything that can be wrong in the database'
complete -c ptw-hooks -n "__fish_ptw_hooks_needs_command" -f -a "prune" -d 'Remove what is old and give its space back'
complete -c ptw-hooks -n "__fish_ptw_hooks_needs_command" -f -a "backup" -d 'Write a copy of the database, while others use it'
complete -c ptw-hooks -n "__fish_ptw_hooks_needs_command" -f -a "token" -d 'Create, list and revoke tokens for the REST API'
complete -c ptw-hooks -n "__fish_ptw_hooks_needs_command" -f -a "serve" -d 'Serve the REST API, and send what is due'
complete -c ptw-hooks -n "__fish_ptw_hooks_needs_command" -f -a "listen" -d 'Receive webhooks on this machine and print them: a receiver for trying things out'
complete -c ptw-hooks -n "__fish_ptw_hooks_needs_command" -f -a "verify" -d 'Check a signature, and say why where it is not right'
complete -c ptw-hooks -n "__fish_ptw_hooks_needs_command" -f -a "demo" -d 'Run the whole way on this machine, in a temporary database and without a network'
complete -c ptw-hooks -n "__fish_ptw_hooks_needs_command" -f -a "completions" -d 'Print the completion script of a shell'
complete -c ptw-hooks -n "__fish_ptw_hooks_needs_command" -f -a "man" -d 'Print the manual page of a command'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand create" -l name -d 'A name for people; several webhooks may share one' -r
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand create" -l url -d 'Where events are sent: http or https' -r -f
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand create" -l event -d 'An event to subscribe to, or \'*\' for every one; may be repeated' -r -f -a "permit_created\t'a permit was written'
workflow_initiated\t'the approval workflow of a permit was started'
verifier_assigned\t'somebody was named to verify a permit'
approval_required\t'a permit waits for an approval'
permit_approved\t'a permit was approved'
permit_rejected\t'a permit was rejected'
permit_activated\t'work under a permit has begun'
permit_completed\t'work under a permit has ended'
permit_expired\t'the time of a permit ran out'
closeout_completed\t'the close-out checklist of a permit was completed'
isolation_verified\t'an isolation point of a permit was verified'
escalation_triggered\t'an overdue step of a permit was escalated'
*\t'every event'"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand create" -l project -d 'Take only events of this project; without it, those of every project' -r
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand create" -l secret -d 'The secret. Other users of this machine can see it in the list of processes: prefer --secret-file' -r
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand create" -l secret-file -d 'Read the secret from the first line of a file, or from standard input for `-`' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand create" -l timeout -d 'What a whole exchange may take, from 1s to 30s [default: 10s, or `timeout` of the configuration]' -r
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand create" -l header -d 'A header to send with every request; may be repeated. Its value is masked wherever it is shown, but other users of this machine can see it in the list of processes: prefer --header-file for a credential' -r
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand create" -l header-file -d 'Read such headers from a file, one a line, or from standard input for `-`' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand create" -l retry-schedule -d 'The waits after each failed attempt, such as 5s,5m,1h [default: `retry_schedule` of the configuration]' -r
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand create" -l rate -d 'Send at most so many requests, such as 10/s, 30/m or 100/h' -r
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand create" -l client-cert -d 'The certificate to show to a receiver that asks for one: PEM, with those between it and its authority. The path is kept, and the file read again when it has changed' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand create" -l client-key -d 'The private key of the certificate: PEM, without a passphrase' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand create" -l ca-file -d 'Authorities to trust at this receiver, beside the system\'s and those of the configuration: PEM' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand create" -l db -d 'The database file [env: PTW_HOOKS_DB] [default: ptw-hooks/ptw-hooks.db in the user\'s data directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand create" -l config -d 'The configuration file [env: PTW_HOOKS_CONFIG] [default: ptw-hooks/config.toml in the user\'s configuration directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand create" -s o -l output -d 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]' -r -f -a "table\t''
json\t''
ndjson\t''
csv\t''
tsv\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand create" -l color -d 'When to colour: on a terminal, always or never [env: PTW_HOOKS_COLOR, NO_COLOR] [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand create" -l disabled -d 'Create it disabled'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand create" -l no-retry -d 'Make one attempt for each delivery and no more'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand create" -l ordered -d 'Send what concerns one permit in the order in which it was accepted, each delivery only after the one before it has ended'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand create" -s q -l quiet -d 'Print no notes and warnings, only data and errors'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand create" -s v -l verbose -d 'Say which files are used and what is sent'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand create" -s h -l help -d 'Print help'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand create" -s V -l version -d 'Print version'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand list" -l project -d 'Only those of this project' -r
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand list" -l event -d 'Only those that subscribe to this event' -r -f -a "permit_created\t'a permit was written'
workflow_initiated\t'the approval workflow of a permit was started'
verifier_assigned\t'somebody was named to verify a permit'
approval_required\t'a permit waits for an approval'
permit_approved\t'a permit was approved'
permit_rejected\t'a permit was rejected'
permit_activated\t'work under a permit has begun'
permit_completed\t'work under a permit has ended'
permit_expired\t'the time of a permit ran out'
closeout_completed\t'the close-out checklist of a permit was completed'
isolation_verified\t'an isolation point of a permit was verified'
escalation_triggered\t'an overdue step of a permit was escalated'"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand list" -l db -d 'The database file [env: PTW_HOOKS_DB] [default: ptw-hooks/ptw-hooks.db in the user\'s data directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand list" -l config -d 'The configuration file [env: PTW_HOOKS_CONFIG] [default: ptw-hooks/config.toml in the user\'s configuration directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand list" -s o -l output -d 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]' -r -f -a "table\t''
json\t''
ndjson\t''
csv\t''
tsv\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand list" -l color -d 'When to colour: on a terminal, always or never [env: PTW_HOOKS_COLOR, NO_COLOR] [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand list" -l enabled -d 'Only enabled ones'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand list" -l disabled -d 'Only disabled ones'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand list" -s q -l quiet -d 'Print no notes and warnings, only data and errors'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand list" -s v -l verbose -d 'Say which files are used and what is sent'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand list" -s h -l help -d 'Print help'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand list" -s V -l version -d 'Print version'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand show" -l db -d 'The database file [env: PTW_HOOKS_DB] [default: ptw-hooks/ptw-hooks.db in the user\'s data directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand show" -l config -d 'The configuration file [env: PTW_HOOKS_CONFIG] [default: ptw-hooks/config.toml in the user\'s configuration directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand show" -s o -l output -d 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]' -r -f -a "table\t''
json\t''
ndjson\t''
csv\t''
tsv\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand show" -l color -d 'When to colour: on a terminal, always or never [env: PTW_HOOKS_COLOR, NO_COLOR] [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand show" -l reveal-secret -d 'Show the secret instead of its mask'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand show" -s q -l quiet -d 'Print no notes and warnings, only data and errors'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand show" -s v -l verbose -d 'Say which files are used and what is sent'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand show" -s h -l help -d 'Print help'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand show" -s V -l version -d 'Print version'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand update" -l name -d 'A new name' -r
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand update" -l url -d 'A new address' -r -f
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand update" -l event -d 'Subscribe to this event and no others; may be repeated' -r -f -a "permit_created\t'a permit was written'
workflow_initiated\t'the approval workflow of a permit was started'
verifier_assigned\t'somebody was named to verify a permit'
approval_required\t'a permit waits for an approval'
permit_approved\t'a permit was approved'
permit_rejected\t'a permit was rejected'
permit_activated\t'work under a permit has begun'
permit_completed\t'work under a permit has ended'
permit_expired\t'the time of a permit ran out'
closeout_completed\t'the close-out checklist of a permit was completed'
isolation_verified\t'an isolation point of a permit was verified'
escalation_triggered\t'an overdue step of a permit was escalated'
*\t'every event'"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand update" -l add-event -d 'Subscribe to this event as well; may be repeated' -r -f -a "permit_created\t'a permit was written'
workflow_initiated\t'the approval workflow of a permit was started'
verifier_assigned\t'somebody was named to verify a permit'
approval_required\t'a permit waits for an approval'
permit_approved\t'a permit was approved'
permit_rejected\t'a permit was rejected'
permit_activated\t'work under a permit has begun'
permit_completed\t'work under a permit has ended'
permit_expired\t'the time of a permit ran out'
closeout_completed\t'the close-out checklist of a permit was completed'
isolation_verified\t'an isolation point of a permit was verified'
escalation_triggered\t'an overdue step of a permit was escalated'
*\t'every event'"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand update" -l remove-event -d 'No longer subscribe to this event; may be repeated' -r -f -a "permit_created\t'a permit was written'
workflow_initiated\t'the approval workflow of a permit was started'
verifier_assigned\t'somebody was named to verify a permit'
approval_required\t'a permit waits for an approval'
permit_approved\t'a permit was approved'
permit_rejected\t'a permit was rejected'
permit_activated\t'work under a permit has begun'
permit_completed\t'work under a permit has ended'
permit_expired\t'the time of a permit ran out'
closeout_completed\t'the close-out checklist of a permit was completed'
isolation_verified\t'an isolation point of a permit was verified'
escalation_triggered\t'an overdue step of a permit was escalated'
*\t'every event'"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand update" -l project -d 'Take only events of this project' -r
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand update" -l secret -d 'A new secret. Other users of this machine can see it in the list of processes: prefer --secret-file' -r
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand update" -l secret-file -d 'Read a new secret from the first line of a file, or from standard input for `-`' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand update" -l timeout -d 'What a whole exchange may take, from 1s to 30s' -r
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand update" -l header -d 'Headers to send with every request, in the place of those that were set; may be repeated' -r
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand update" -l header-file -d 'Read such headers from a file, one a line, or from standard input for `-`' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand update" -l retry-schedule -d 'The waits after each failed attempt, such as 5s,5m,1h' -r
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand update" -l rate -d 'Send at most so many requests, such as 10/s, 30/m or 100/h' -r
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand update" -l client-cert -d 'The certificate to show to a receiver that asks for one: PEM, with those between it and its authority. The path is kept, and the file read again when it has changed' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand update" -l client-key -d 'The private key of the certificate: PEM, without a passphrase' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand update" -l ca-file -d 'Authorities to trust at this receiver, beside the system\'s and those of the configuration: PEM' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand update" -l db -d 'The database file [env: PTW_HOOKS_DB] [default: ptw-hooks/ptw-hooks.db in the user\'s data directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand update" -l config -d 'The configuration file [env: PTW_HOOKS_CONFIG] [default: ptw-hooks/config.toml in the user\'s configuration directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand update" -s o -l output -d 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]' -r -f -a "table\t''
json\t''
ndjson\t''
csv\t''
tsv\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand update" -l color -d 'When to colour: on a terminal, always or never [env: PTW_HOOKS_COLOR, NO_COLOR] [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand update" -l global -d 'Take events of every project'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand update" -l generate-secret -d 'Generate a new secret and show it this once; `rotate-secret` keeps the old one until the receiver has it'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand update" -l default-timeout -d 'Take the timeout of the configuration again'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand update" -l no-headers -d 'Send no headers of its own any more'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand update" -l no-retry -d 'Make one attempt for each delivery and no more'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand update" -l default-retry -d 'Take the waits of the configuration again'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand update" -l no-rate -d 'Send without a bound again'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand update" -l ordered -d 'Send what concerns one permit in the order in which it was accepted'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand update" -l unordered -d 'Send without regard to the order again'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand update" -l no-client-cert -d 'Show no certificate any more'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand update" -l no-ca-file -d 'Trust no authorities of its own any more'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand update" -s q -l quiet -d 'Print no notes and warnings, only data and errors'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand update" -s v -l verbose -d 'Say which files are used and what is sent'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand update" -s h -l help -d 'Print help'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand update" -s V -l version -d 'Print version'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand enable" -l db -d 'The database file [env: PTW_HOOKS_DB] [default: ptw-hooks/ptw-hooks.db in the user\'s data directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand enable" -l config -d 'The configuration file [env: PTW_HOOKS_CONFIG] [default: ptw-hooks/config.toml in the user\'s configuration directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand enable" -s o -l output -d 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]' -r -f -a "table\t''
json\t''
ndjson\t''
csv\t''
tsv\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand enable" -l color -d 'When to colour: on a terminal, always or never [env: PTW_HOOKS_COLOR, NO_COLOR] [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand enable" -s q -l quiet -d 'Print no notes and warnings, only data and errors'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand enable" -s v -l verbose -d 'Say which files are used and what is sent'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand enable" -s h -l help -d 'Print help'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand enable" -s V -l version -d 'Print version'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand disable" -l db -d 'The database file [env: PTW_HOOKS_DB] [default: ptw-hooks/ptw-hooks.db in the user\'s data directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand disable" -l config -d 'The configuration file [env: PTW_HOOKS_CONFIG] [default: ptw-hooks/config.toml in the user\'s configuration directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand disable" -s o -l output -d 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]' -r -f -a "table\t''
json\t''
ndjson\t''
csv\t''
tsv\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand disable" -l color -d 'When to colour: on a terminal, always or never [env: PTW_HOOKS_COLOR, NO_COLOR] [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand disable" -s q -l quiet -d 'Print no notes and warnings, only data and errors'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand disable" -s v -l verbose -d 'Say which files are used and what is sent'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand disable" -s h -l help -d 'Print help'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand disable" -s V -l version -d 'Print version'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand pause" -l db -d 'The database file [env: PTW_HOOKS_DB] [default: ptw-hooks/ptw-hooks.db in the user\'s data directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand pause" -l config -d 'The configuration file [env: PTW_HOOKS_CONFIG] [default: ptw-hooks/config.toml in the user\'s configuration directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand pause" -s o -l output -d 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]' -r -f -a "table\t''
json\t''
ndjson\t''
csv\t''
tsv\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand pause" -l color -d 'When to colour: on a terminal, always or never [env: PTW_HOOKS_COLOR, NO_COLOR] [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand pause" -s q -l quiet -d 'Print no notes and warnings, only data and errors'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand pause" -s v -l verbose -d 'Say which files are used and what is sent'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand pause" -s h -l help -d 'Print help'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand pause" -s V -l version -d 'Print version'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand resume" -l db -d 'The database file [env: PTW_HOOKS_DB] [default: ptw-hooks/ptw-hooks.db in the user\'s data directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand resume" -l config -d 'The configuration file [env: PTW_HOOKS_CONFIG] [default: ptw-hooks/config.toml in the user\'s configuration directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand resume" -s o -l output -d 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]' -r -f -a "table\t''
json\t''
ndjson\t''
csv\t''
tsv\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand resume" -l color -d 'When to colour: on a terminal, always or never [env: PTW_HOOKS_COLOR, NO_COLOR] [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand resume" -s q -l quiet -d 'Print no notes and warnings, only data and errors'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand resume" -s v -l verbose -d 'Say which files are used and what is sent'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand resume" -s h -l help -d 'Print help'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand resume" -s V -l version -d 'Print version'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand rotate-secret" -l secret -d 'The secret. Other users of this machine can see it in the list of processes: prefer --secret-file' -r
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand rotate-secret" -l secret-file -d 'Read the secret from the first line of a file, or from standard input for `-`' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand rotate-secret" -l overlap -d 'How long both secrets are used, from 1m to 30d [default: 24h]' -r
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand rotate-secret" -l db -d 'The database file [env: PTW_HOOKS_DB] [default: ptw-hooks/ptw-hooks.db in the user\'s data directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand rotate-secret" -l config -d 'The configuration file [env: PTW_HOOKS_CONFIG] [default: ptw-hooks/config.toml in the user\'s configuration directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand rotate-secret" -s o -l output -d 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]' -r -f -a "table\t''
json\t''
ndjson\t''
csv\t''
tsv\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand rotate-secret" -l color -d 'When to colour: on a terminal, always or never [env: PTW_HOOKS_COLOR, NO_COLOR] [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand rotate-secret" -l finish -d 'End the overlap now: keep the new secret and erase the old one'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand rotate-secret" -l cancel -d 'Go back: keep the old secret and erase the new one'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand rotate-secret" -s q -l quiet -d 'Print no notes and warnings, only data and errors'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand rotate-secret" -s v -l verbose -d 'Say which files are used and what is sent'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand rotate-secret" -s h -l help -d 'Print help'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand rotate-secret" -s V -l version -d 'Print version'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand delete" -l db -d 'The database file [env: PTW_HOOKS_DB] [default: ptw-hooks/ptw-hooks.db in the user\'s data directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand delete" -l config -d 'The configuration file [env: PTW_HOOKS_CONFIG] [default: ptw-hooks/config.toml in the user\'s configuration directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand delete" -s o -l output -d 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]' -r -f -a "table\t''
json\t''
ndjson\t''
csv\t''
tsv\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand delete" -l color -d 'When to colour: on a terminal, always or never [env: PTW_HOOKS_COLOR, NO_COLOR] [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand delete" -s y -l yes -d 'Do not ask'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand delete" -s q -l quiet -d 'Print no notes and warnings, only data and errors'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand delete" -s v -l verbose -d 'Say which files are used and what is sent'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand delete" -s h -l help -d 'Print help'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand delete" -s V -l version -d 'Print version'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand export" -l project -d 'Only those of this project' -r
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand export" -l format -d 'The form of the file [default: toml, and json with -o json]' -r -f -a "toml\t'For people'
json\t'For programs'"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand export" -l secrets-dir -d 'Write every secret and every value of a header to a file of its own in this directory, which is made with mode 0700. A file that holds something else is never replaced' -r -f -a "(__fish_complete_directories)"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand export" -l db -d 'The database file [env: PTW_HOOKS_DB] [default: ptw-hooks/ptw-hooks.db in the user\'s data directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand export" -l config -d 'The configuration file [env: PTW_HOOKS_CONFIG] [default: ptw-hooks/config.toml in the user\'s configuration directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand export" -s o -l output -d 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]' -r -f -a "table\t''
json\t''
ndjson\t''
csv\t''
tsv\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand export" -l color -d 'When to colour: on a terminal, always or never [env: PTW_HOOKS_COLOR, NO_COLOR] [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand export" -s q -l quiet -d 'Print no notes and warnings, only data and errors'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand export" -s v -l verbose -d 'Say which files are used and what is sent'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand export" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand export" -s V -l version -d 'Print version'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand diff" -l project -d 'Only the definitions and the webhooks of this project' -r
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand diff" -l db -d 'The database file [env: PTW_HOOKS_DB] [default: ptw-hooks/ptw-hooks.db in the user\'s data directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand diff" -l config -d 'The configuration file [env: PTW_HOOKS_CONFIG] [default: ptw-hooks/config.toml in the user\'s configuration directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand diff" -s o -l output -d 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]' -r -f -a "table\t''
json\t''
ndjson\t''
csv\t''
tsv\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand diff" -l color -d 'When to colour: on a terminal, always or never [env: PTW_HOOKS_COLOR, NO_COLOR] [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand diff" -l prune -d 'Delete webhooks that the file does not name: of --project, or of the projects of which the file has a webhook. Those for every project count as a project of their own here'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand diff" -s q -l quiet -d 'Print no notes and warnings, only data and errors'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand diff" -s v -l verbose -d 'Say which files are used and what is sent'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand diff" -s h -l help -d 'Print help'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand diff" -s V -l version -d 'Print version'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand apply" -l project -d 'Only the definitions and the webhooks of this project' -r
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand apply" -l db -d 'The database file [env: PTW_HOOKS_DB] [default: ptw-hooks/ptw-hooks.db in the user\'s data directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand apply" -l config -d 'The configuration file [env: PTW_HOOKS_CONFIG] [default: ptw-hooks/config.toml in the user\'s configuration directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand apply" -s o -l output -d 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]' -r -f -a "table\t''
json\t''
ndjson\t''
csv\t''
tsv\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand apply" -l color -d 'When to colour: on a terminal, always or never [env: PTW_HOOKS_COLOR, NO_COLOR] [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand apply" -l prune -d 'Delete webhooks that the file does not name: of --project, or of the projects of which the file has a webhook. Those for every project count as a project of their own here'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand apply" -l dry-run -d 'Print what `diff` prints, and change nothing'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand apply" -s y -l yes -d 'Do not ask before webhooks are deleted'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand apply" -s q -l quiet -d 'Print no notes and warnings, only data and errors'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand apply" -s v -l verbose -d 'Say which files are used and what is sent'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand apply" -s h -l help -d 'Print help'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand apply" -s V -l version -d 'Print version'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand events" -l db -d 'The database file [env: PTW_HOOKS_DB] [default: ptw-hooks/ptw-hooks.db in the user\'s data directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand events" -l config -d 'The configuration file [env: PTW_HOOKS_CONFIG] [default: ptw-hooks/config.toml in the user\'s configuration directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand events" -s o -l output -d 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]' -r -f -a "table\t''
json\t''
ndjson\t''
csv\t''
tsv\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand events" -l color -d 'When to colour: on a terminal, always or never [env: PTW_HOOKS_COLOR, NO_COLOR] [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand events" -s q -l quiet -d 'Print no notes and warnings, only data and errors'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand events" -s v -l verbose -d 'Say which files are used and what is sent'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand events" -s h -l help -d 'Print help'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand events" -s V -l version -d 'Print version'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand emit" -l permit-id -d 'The permit\'s id, an integer' -r
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand emit" -l permit-number -d 'The permit\'s number, as people know it' -r
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand emit" -l batch -d 'Emit an event for every line of this file, or of standard input for `-`: JSON objects with event, permit_id, permit_number and, if wanted, project_id, timestamp, data and idempotency_key' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand emit" -l project -d 'The project that the permit belongs to' -r
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand emit" -l timestamp -d 'When it happened, RFC 3339 with any offset [default: now]' -r
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand emit" -l status -d 'Sets `status` in the data' -r
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand emit" -l permit-type -d 'Sets `permit_type` in the data' -r
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand emit" -l location -d 'Sets `location` in the data' -r
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand emit" -l risk-level -d 'Sets `risk_level` in the data' -r
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand emit" -l data -d 'A member of the data: KEY=TEXT for a string, KEY:=JSON for any other value; may be repeated' -r
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand emit" -l data-json -d 'The data as a JSON object: the text itself, @FILE to read it from a file, or - from standard input' -r
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand emit" -l idempotency-key -d 'Recognise a repetition by this key instead of event, permit and hour' -r
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand emit" -l db -d 'The database file [env: PTW_HOOKS_DB] [default: ptw-hooks/ptw-hooks.db in the user\'s data directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand emit" -l config -d 'The configuration file [env: PTW_HOOKS_CONFIG] [default: ptw-hooks/config.toml in the user\'s configuration directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand emit" -s o -l output -d 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]' -r -f -a "table\t''
json\t''
ndjson\t''
csv\t''
tsv\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand emit" -l color -d 'When to colour: on a terminal, always or never [env: PTW_HOOKS_COLOR, NO_COLOR] [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand emit" -l dry-run -d 'Print the requests that would be sent; send and store nothing'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand emit" -l queue -d 'Only accept; do not send now'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand emit" -s q -l quiet -d 'Print no notes and warnings, only data and errors'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand emit" -s v -l verbose -d 'Say which files are used and what is sent'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand emit" -s h -l help -d 'Print help'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand emit" -s V -l version -d 'Print version'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand test" -l db -d 'The database file [env: PTW_HOOKS_DB] [default: ptw-hooks/ptw-hooks.db in the user\'s data directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand test" -l config -d 'The configuration file [env: PTW_HOOKS_CONFIG] [default: ptw-hooks/config.toml in the user\'s configuration directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand test" -s o -l output -d 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]' -r -f -a "table\t''
json\t''
ndjson\t''
csv\t''
tsv\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand test" -l color -d 'When to colour: on a terminal, always or never [env: PTW_HOOKS_COLOR, NO_COLOR] [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand test" -s q -l quiet -d 'Print no notes and warnings, only data and errors'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand test" -s v -l verbose -d 'Say which files are used and what is sent'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand test" -s h -l help -d 'Print help'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand test" -s V -l version -d 'Print version'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand deliveries" -l status -d 'Only those that stand so' -r -f -a "pending\t''
success\t''
failed\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand deliveries" -l event -d 'Only those of this event' -r -f -a "permit_created\t'a permit was written'
workflow_initiated\t'the approval workflow of a permit was started'
verifier_assigned\t'somebody was named to verify a permit'
approval_required\t'a permit waits for an approval'
permit_approved\t'a permit was approved'
permit_rejected\t'a permit was rejected'
permit_activated\t'work under a permit has begun'
permit_completed\t'work under a permit has ended'
permit_expired\t'the time of a permit ran out'
closeout_completed\t'the close-out checklist of a permit was completed'
isolation_verified\t'an isolation point of a permit was verified'
escalation_triggered\t'an overdue step of a permit was escalated'"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand deliveries" -l permit -d 'Only those about this permit, by its id or its number' -r
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand deliveries" -l since -d 'Only those accepted since then: a time, a date, or an age such as 90m, 24h or 7d' -r
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand deliveries" -l until -d 'Only those accepted before then' -r
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand deliveries" -l limit -d 'At most this many [default: 50, with --follow 10]' -r
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand deliveries" -l db -d 'The database file [env: PTW_HOOKS_DB] [default: ptw-hooks/ptw-hooks.db in the user\'s data directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand deliveries" -l config -d 'The configuration file [env: PTW_HOOKS_CONFIG] [default: ptw-hooks/config.toml in the user\'s configuration directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand deliveries" -s o -l output -d 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]' -r -f -a "table\t''
json\t''
ndjson\t''
csv\t''
tsv\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand deliveries" -l color -d 'When to colour: on a terminal, always or never [env: PTW_HOOKS_COLOR, NO_COLOR] [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand deliveries" -s f -l follow -d 'Go on with what comes: a line for each delivery that is accepted, and for each attempt that ends'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand deliveries" -s q -l quiet -d 'Print no notes and warnings, only data and errors'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand deliveries" -s v -l verbose -d 'Say which files are used and what is sent'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand deliveries" -s h -l help -d 'Print help'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand deliveries" -s V -l version -d 'Print version'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand inspect" -l db -d 'The database file [env: PTW_HOOKS_DB] [default: ptw-hooks/ptw-hooks.db in the user\'s data directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand inspect" -l config -d 'The configuration file [env: PTW_HOOKS_CONFIG] [default: ptw-hooks/config.toml in the user\'s configuration directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand inspect" -s o -l output -d 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]' -r -f -a "table\t''
json\t''
ndjson\t''
csv\t''
tsv\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand inspect" -l color -d 'When to colour: on a terminal, always or never [env: PTW_HOOKS_COLOR, NO_COLOR] [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand inspect" -s q -l quiet -d 'Print no notes and warnings, only data and errors'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand inspect" -s v -l verbose -d 'Say which files are used and what is sent'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand inspect" -s h -l help -d 'Print help'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand inspect" -s V -l version -d 'Print version'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand explain" -l permit -d 'The newest events about this permit, by its id or its number' -r
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand explain" -l limit -d 'At most this many events of the permit' -r
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand explain" -l db -d 'The database file [env: PTW_HOOKS_DB] [default: ptw-hooks/ptw-hooks.db in the user\'s data directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand explain" -l config -d 'The configuration file [env: PTW_HOOKS_CONFIG] [default: ptw-hooks/config.toml in the user\'s configuration directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand explain" -s o -l output -d 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]' -r -f -a "table\t''
json\t''
ndjson\t''
csv\t''
tsv\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand explain" -l color -d 'When to colour: on a terminal, always or never [env: PTW_HOOKS_COLOR, NO_COLOR] [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand explain" -s q -l quiet -d 'Print no notes and warnings, only data and errors'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand explain" -s v -l verbose -d 'Say which files are used and what is sent'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand explain" -s h -l help -d 'Print help'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand explain" -s V -l version -d 'Print version'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand stats" -l since -d 'Count what was accepted since then: a time, a date, or an age such as 90m, 24h or 7d' -r
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand stats" -l db -d 'The database file [env: PTW_HOOKS_DB] [default: ptw-hooks/ptw-hooks.db in the user\'s data directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand stats" -l config -d 'The configuration file [env: PTW_HOOKS_CONFIG] [default: ptw-hooks/config.toml in the user\'s configuration directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand stats" -s o -l output -d 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]' -r -f -a "table\t''
json\t''
ndjson\t''
csv\t''
tsv\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand stats" -l color -d 'When to colour: on a terminal, always or never [env: PTW_HOOKS_COLOR, NO_COLOR] [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand stats" -s q -l quiet -d 'Print no notes and warnings, only data and errors'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand stats" -s v -l verbose -d 'Say which files are used and what is sent'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand stats" -s h -l help -d 'Print help'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand stats" -s V -l version -d 'Print version'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand doctor" -l db -d 'The database file [env: PTW_HOOKS_DB] [default: ptw-hooks/ptw-hooks.db in the user\'s data directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand doctor" -l config -d 'The configuration file [env: PTW_HOOKS_CONFIG] [default: ptw-hooks/config.toml in the user\'s configuration directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand doctor" -s o -l output -d 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]' -r -f -a "table\t''
json\t''
ndjson\t''
csv\t''
tsv\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand doctor" -l color -d 'When to colour: on a terminal, always or never [env: PTW_HOOKS_COLOR, NO_COLOR] [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand doctor" -l send -d 'Send each receiver a test event, too, as `test` does; it is logged'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand doctor" -s q -l quiet -d 'Print no notes and warnings, only data and errors'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand doctor" -s v -l verbose -d 'Say which files are used and what is sent'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand doctor" -s h -l help -d 'Print help'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand doctor" -s V -l version -d 'Print version'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand retry" -l db -d 'The database file [env: PTW_HOOKS_DB] [default: ptw-hooks/ptw-hooks.db in the user\'s data directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand retry" -l config -d 'The configuration file [env: PTW_HOOKS_CONFIG] [default: ptw-hooks/config.toml in the user\'s configuration directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand retry" -s o -l output -d 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]' -r -f -a "table\t''
json\t''
ndjson\t''
csv\t''
tsv\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand retry" -l color -d 'When to colour: on a terminal, always or never [env: PTW_HOOKS_COLOR, NO_COLOR] [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand retry" -l now -d 'Send all that is pending, also what is not due yet'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand retry" -l watch -d 'Go on until interrupted: a worker in the foreground'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand retry" -s q -l quiet -d 'Print no notes and warnings, only data and errors'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand retry" -s v -l verbose -d 'Say which files are used and what is sent'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand retry" -s h -l help -d 'Print help'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand retry" -s V -l version -d 'Print version'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand redeliver" -l webhook -d 'Those of this webhook, by its id or its name, that were accepted --since a time' -r -f -k -a '(__ptw_hooks_values)'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand redeliver" -l status -d 'Those that stand so' -r -f -a "pending\t''
success\t''
failed\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand redeliver" -l since -d 'Those accepted since then: a time, a date, or an age such as 90m, 24h or 7d' -r
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand redeliver" -l db -d 'The database file [env: PTW_HOOKS_DB] [default: ptw-hooks/ptw-hooks.db in the user\'s data directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand redeliver" -l config -d 'The configuration file [env: PTW_HOOKS_CONFIG] [default: ptw-hooks/config.toml in the user\'s configuration directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand redeliver" -s o -l output -d 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]' -r -f -a "table\t''
json\t''
ndjson\t''
csv\t''
tsv\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand redeliver" -l color -d 'When to colour: on a terminal, always or never [env: PTW_HOOKS_COLOR, NO_COLOR] [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand redeliver" -l dry-run -d 'Say how many there are, and send nothing'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand redeliver" -s q -l quiet -d 'Print no notes and warnings, only data and errors'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand redeliver" -s v -l verbose -d 'Say which files are used and what is sent'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand redeliver" -s h -l help -d 'Print help'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand redeliver" -s V -l version -d 'Print version'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand replay" -l webhook -d 'Only what this webhook has missed, by its id or its name' -r -f -k -a '(__ptw_hooks_values)'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand replay" -l since -d 'What was missed since then: a time, a date, or an age such as 90m, 24h or 7d' -r
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand replay" -l db -d 'The database file [env: PTW_HOOKS_DB] [default: ptw-hooks/ptw-hooks.db in the user\'s data directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand replay" -l config -d 'The configuration file [env: PTW_HOOKS_CONFIG] [default: ptw-hooks/config.toml in the user\'s configuration directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand replay" -s o -l output -d 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]' -r -f -a "table\t''
json\t''
ndjson\t''
csv\t''
tsv\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand replay" -l color -d 'When to colour: on a terminal, always or never [env: PTW_HOOKS_COLOR, NO_COLOR] [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand replay" -l missed -d 'What webhooks have missed while they were disabled'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand replay" -l dry-run -d 'Say how many there are, and change nothing'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand replay" -l queue -d 'Only owe them; do not send now'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand replay" -s q -l quiet -d 'Print no notes and warnings, only data and errors'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand replay" -s v -l verbose -d 'Say which files are used and what is sent'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand replay" -s h -l help -d 'Print help'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand replay" -s V -l version -d 'Print version'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand check" -l db -d 'The database file [env: PTW_HOOKS_DB] [default: ptw-hooks/ptw-hooks.db in the user\'s data directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand check" -l config -d 'The configuration file [env: PTW_HOOKS_CONFIG] [default: ptw-hooks/config.toml in the user\'s configuration directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand check" -s o -l output -d 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]' -r -f -a "table\t''
json\t''
ndjson\t''
csv\t''
tsv\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand check" -l color -d 'When to colour: on a terminal, always or never [env: PTW_HOOKS_COLOR, NO_COLOR] [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand check" -s q -l quiet -d 'Print no notes and warnings, only data and errors'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand check" -s v -l verbose -d 'Say which files are used and what is sent'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand check" -s h -l help -d 'Print help'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand check" -s V -l version -d 'Print version'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand prune" -l older-than -d 'Remove events that were accepted longer ago than this, at least 1d' -r
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand prune" -l db -d 'The database file [env: PTW_HOOKS_DB] [default: ptw-hooks/ptw-hooks.db in the user\'s data directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand prune" -l config -d 'The configuration file [env: PTW_HOOKS_CONFIG] [default: ptw-hooks/config.toml in the user\'s configuration directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand prune" -s o -l output -d 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]' -r -f -a "table\t''
json\t''
ndjson\t''
csv\t''
tsv\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand prune" -l color -d 'When to colour: on a terminal, always or never [env: PTW_HOOKS_COLOR, NO_COLOR] [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand prune" -l dry-run -d 'Say what would be removed, and remove nothing'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand prune" -l vacuum -d 'Write the file anew afterwards; nobody else can write meanwhile, and it takes as much space again. Only a file that was made by an older version needs it'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand prune" -s q -l quiet -d 'Print no notes and warnings, only data and errors'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand prune" -s v -l verbose -d 'Say which files are used and what is sent'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand prune" -s h -l help -d 'Print help'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand prune" -s V -l version -d 'Print version'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand backup" -l db -d 'The database file [env: PTW_HOOKS_DB] [default: ptw-hooks/ptw-hooks.db in the user\'s data directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand backup" -l config -d 'The configuration file [env: PTW_HOOKS_CONFIG] [default: ptw-hooks/config.toml in the user\'s configuration directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand backup" -s o -l output -d 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]' -r -f -a "table\t''
json\t''
ndjson\t''
csv\t''
tsv\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand backup" -l color -d 'When to colour: on a terminal, always or never [env: PTW_HOOKS_COLOR, NO_COLOR] [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand backup" -l force -d 'Replace the file if there is one'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand backup" -s q -l quiet -d 'Print no notes and warnings, only data and errors'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand backup" -s v -l verbose -d 'Say which files are used and what is sent'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand backup" -s h -l help -d 'Print help'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand backup" -s V -l version -d 'Print version'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand token; and not __fish_seen_subcommand_from create list revoke" -l db -d 'The database file [env: PTW_HOOKS_DB] [default: ptw-hooks/ptw-hooks.db in the user\'s data directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand token; and not __fish_seen_subcommand_from create list revoke" -l config -d 'The configuration file [env: PTW_HOOKS_CONFIG] [default: ptw-hooks/config.toml in the user\'s configuration directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand token; and not __fish_seen_subcommand_from create list revoke" -s o -l output -d 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]' -r -f -a "table\t''
json\t''
ndjson\t''
csv\t''
tsv\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand token; and not __fish_seen_subcommand_from create list revoke" -l color -d 'When to colour: on a terminal, always or never [env: PTW_HOOKS_COLOR, NO_COLOR] [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand token; and not __fish_seen_subcommand_from create list revoke" -s q -l quiet -d 'Print no notes and warnings, only data and errors'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand token; and not __fish_seen_subcommand_from create list revoke" -s v -l verbose -d 'Say which files are used and what is sent'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand token; and not __fish_seen_subcommand_from create list revoke" -s h -l help -d 'Print help'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand token; and not __fish_seen_subcommand_from create list revoke" -s V -l version -d 'Print version'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand token; and not __fish_seen_subcommand_from create list revoke" -f -a "create" -d 'Create a token, and show it this once'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand token; and not __fish_seen_subcommand_from create list revoke" -f -a "list" -d 'List the tokens, the newest first'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand token; and not __fish_seen_subcommand_from create list revoke" -f -a "revoke" -d 'Revoke a token, so that it opens nothing any more'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand token; and __fish_seen_subcommand_from create" -l scope -d 'What it opens: read (every GET), emit (events) or manage (everything); may be repeated' -r -f -a "read\t''
emit\t''
manage\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand token; and __fish_seen_subcommand_from create" -l project -d 'Only this project: its webhooks and the global ones are seen, and only its own changed' -r
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand token; and __fish_seen_subcommand_from create" -l expires -d 'Until when it can be used: an age from now such as 90d, a date, or a time' -r
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand token; and __fish_seen_subcommand_from create" -l db -d 'The database file [env: PTW_HOOKS_DB] [default: ptw-hooks/ptw-hooks.db in the user\'s data directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand token; and __fish_seen_subcommand_from create" -l config -d 'The configuration file [env: PTW_HOOKS_CONFIG] [default: ptw-hooks/config.toml in the user\'s configuration directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand token; and __fish_seen_subcommand_from create" -s o -l output -d 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]' -r -f -a "table\t''
json\t''
ndjson\t''
csv\t''
tsv\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand token; and __fish_seen_subcommand_from create" -l color -d 'When to colour: on a terminal, always or never [env: PTW_HOOKS_COLOR, NO_COLOR] [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand token; and __fish_seen_subcommand_from create" -s q -l quiet -d 'Print no notes and warnings, only data and errors'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand token; and __fish_seen_subcommand_from create" -s v -l verbose -d 'Say which files are used and what is sent'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand token; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand token; and __fish_seen_subcommand_from create" -s V -l version -d 'Print version'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand token; and __fish_seen_subcommand_from list" -l db -d 'The database file [env: PTW_HOOKS_DB] [default: ptw-hooks/ptw-hooks.db in the user\'s data directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand token; and __fish_seen_subcommand_from list" -l config -d 'The configuration file [env: PTW_HOOKS_CONFIG] [default: ptw-hooks/config.toml in the user\'s configuration directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand token; and __fish_seen_subcommand_from list" -s o -l output -d 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]' -r -f -a "table\t''
json\t''
ndjson\t''
csv\t''
tsv\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand token; and __fish_seen_subcommand_from list" -l color -d 'When to colour: on a terminal, always or never [env: PTW_HOOKS_COLOR, NO_COLOR] [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand token; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print no notes and warnings, only data and errors'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand token; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say which files are used and what is sent'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand token; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand token; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand token; and __fish_seen_subcommand_from revoke" -l db -d 'The database file [env: PTW_HOOKS_DB] [default: ptw-hooks/ptw-hooks.db in the user\'s data directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand token; and __fish_seen_subcommand_from revoke" -l config -d 'The configuration file [env: PTW_HOOKS_CONFIG] [default: ptw-hooks/config.toml in the user\'s configuration directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand token; and __fish_seen_subcommand_from revoke" -s o -l output -d 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]' -r -f -a "table\t''
json\t''
ndjson\t''
csv\t''
tsv\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand token; and __fish_seen_subcommand_from revoke" -l color -d 'When to colour: on a terminal, always or never [env: PTW_HOOKS_COLOR, NO_COLOR] [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand token; and __fish_seen_subcommand_from revoke" -s q -l quiet -d 'Print no notes and warnings, only data and errors'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand token; and __fish_seen_subcommand_from revoke" -s v -l verbose -d 'Say which files are used and what is sent'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand token; and __fish_seen_subcommand_from revoke" -s h -l help -d 'Print help'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand token; and __fish_seen_subcommand_from revoke" -s V -l version -d 'Print version'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand serve" -l listen -d 'The address and the port to listen at; port 0 takes a free one [env: PTW_HOOKS_LISTEN] [default: 127.0.0.1:8080]' -r
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand serve" -l tls-cert -d 'The certificate chain, a PEM file: speak TLS [env: PTW_HOOKS_TLS_CERT]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand serve" -l tls-key -d 'The private key of the certificate, a PEM file [env: PTW_HOOKS_TLS_KEY]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand serve" -l drain -d 'How long requests may take to end when the server is to' -r
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand serve" -l idle-timeout -d 'How long a client may take to send a request or to read its answer, and a connection may be idle' -r
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand serve" -l log-format -d 'The form of the log on standard error [env: PTW_HOOKS_LOG_FORMAT] [default: text]' -r -f -a "text\t''
json\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand serve" -l max-connections -d 'How many connections there may be at once' -r
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand serve" -l db -d 'The database file [env: PTW_HOOKS_DB] [default: ptw-hooks/ptw-hooks.db in the user\'s data directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand serve" -l config -d 'The configuration file [env: PTW_HOOKS_CONFIG] [default: ptw-hooks/config.toml in the user\'s configuration directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand serve" -s o -l output -d 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]' -r -f -a "table\t''
json\t''
ndjson\t''
csv\t''
tsv\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand serve" -l color -d 'When to colour: on a terminal, always or never [env: PTW_HOOKS_COLOR, NO_COLOR] [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand serve" -l no-worker -d 'Accept events and send nothing but what a request waits for: another process does'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand serve" -l no-auth -d 'Take requests without a token; on an address of this machine only'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand serve" -l print-unit -d 'Print a unit for systemd and end; other flags are for you to add to it'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand serve" -s q -l quiet -d 'Print no notes and warnings, only data and errors'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand serve" -s v -l verbose -d 'Say which files are used and what is sent'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand serve" -s h -l help -d 'Print help'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand serve" -s V -l version -d 'Print version'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand listen" -l port -d 'The port to listen on; 0 takes a free one' -r
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand listen" -l secret-file -d 'Read the secret from a file, or from standard input for `-`' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand listen" -l keep -d 'How many requests to remember: an id that comes again is marked, and -o json prints them at the end' -r
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand listen" -l status -d 'Answer with this status, from 200 to 599 [default: 204]' -r
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand listen" -l retry-after -d 'Ask to be left alone for so many seconds; with 503, unless --status says otherwise' -r
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand listen" -l redirect -d 'Answer with a redirect (307) to this URL' -r -f
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand listen" -l fail-rate -d 'Answer this share of the requests with 500, from 0 to 1, spread evenly' -r
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand listen" -l delay -d 'Wait before each answer, at most 10m' -r
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand listen" -l db -d 'The database file [env: PTW_HOOKS_DB] [default: ptw-hooks/ptw-hooks.db in the user\'s data directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand listen" -l config -d 'The configuration file [env: PTW_HOOKS_CONFIG] [default: ptw-hooks/config.toml in the user\'s configuration directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand listen" -s o -l output -d 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]' -r -f -a "table\t''
json\t''
ndjson\t''
csv\t''
tsv\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand listen" -l color -d 'When to colour: on a terminal, always or never [env: PTW_HOOKS_COLOR, NO_COLOR] [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand listen" -l gone -d 'Answer 410: a webhook that gets it is disabled'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand listen" -l drip -d 'Answer a byte at a time, one each half second'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand listen" -l reset -d 'Reset the connection in place of an answer'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand listen" -s q -l quiet -d 'Print no notes and warnings, only data and errors'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand listen" -s v -l verbose -d 'Say which files are used and what is sent'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand listen" -s h -l help -d 'Print help'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand listen" -s V -l version -d 'Print version'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand verify" -l secret-file -d 'Read the secret from a file, or from standard input for `-`' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand verify" -l webhook -d 'Take the secret of this webhook, by its id or its name' -r -f -k -a '(__ptw_hooks_values)'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand verify" -l body -d 'The body that was signed: a file, or standard input for `-`' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand verify" -l signature -d 'The signature to check: `sha256=…` or `v1,…`' -r
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand verify" -l id -d 'The value of the header webhook-id' -r
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand verify" -l timestamp -d 'The value of the header webhook-timestamp' -r
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand verify" -l db -d 'The database file [env: PTW_HOOKS_DB] [default: ptw-hooks/ptw-hooks.db in the user\'s data directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand verify" -l config -d 'The configuration file [env: PTW_HOOKS_CONFIG] [default: ptw-hooks/config.toml in the user\'s configuration directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand verify" -s o -l output -d 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]' -r -f -a "table\t''
json\t''
ndjson\t''
csv\t''
tsv\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand verify" -l color -d 'When to colour: on a terminal, always or never [env: PTW_HOOKS_COLOR, NO_COLOR] [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand verify" -s q -l quiet -d 'Print no notes and warnings, only data and errors'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand verify" -s v -l verbose -d 'Say which files are used and what is sent'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand verify" -s h -l help -d 'Print help'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand verify" -s V -l version -d 'Print version'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand demo" -l db -d 'The database file [env: PTW_HOOKS_DB] [default: ptw-hooks/ptw-hooks.db in the user\'s data directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand demo" -l config -d 'The configuration file [env: PTW_HOOKS_CONFIG] [default: ptw-hooks/config.toml in the user\'s configuration directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand demo" -s o -l output -d 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]' -r -f -a "table\t''
json\t''
ndjson\t''
csv\t''
tsv\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand demo" -l color -d 'When to colour: on a terminal, always or never [env: PTW_HOOKS_COLOR, NO_COLOR] [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand demo" -s q -l quiet -d 'Print no notes and warnings, only data and errors'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand demo" -s v -l verbose -d 'Say which files are used and what is sent'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand demo" -s h -l help -d 'Print help'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand demo" -s V -l version -d 'Print version'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand completions" -l dir -d 'Write the scripts of all shells into this directory' -r -f -a "(__fish_complete_directories)"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand completions" -l db -d 'The database file [env: PTW_HOOKS_DB] [default: ptw-hooks/ptw-hooks.db in the user\'s data directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand completions" -l config -d 'The configuration file [env: PTW_HOOKS_CONFIG] [default: ptw-hooks/config.toml in the user\'s configuration directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand completions" -s o -l output -d 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]' -r -f -a "table\t''
json\t''
ndjson\t''
csv\t''
tsv\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand completions" -l color -d 'When to colour: on a terminal, always or never [env: PTW_HOOKS_COLOR, NO_COLOR] [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand completions" -s q -l quiet -d 'Print no notes and warnings, only data and errors'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand completions" -s v -l verbose -d 'Say which files are used and what is sent'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand completions" -s V -l version -d 'Print version'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand man" -l dir -d 'Write the pages of all commands into this directory' -r -f -a "(__fish_complete_directories)"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand man" -l db -d 'The database file [env: PTW_HOOKS_DB] [default: ptw-hooks/ptw-hooks.db in the user\'s data directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand man" -l config -d 'The configuration file [env: PTW_HOOKS_CONFIG] [default: ptw-hooks/config.toml in the user\'s configuration directory]' -r -F
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand man" -s o -l output -d 'The form of what is printed [env: PTW_HOOKS_OUTPUT] [default: table]' -r -f -a "table\t''
json\t''
ndjson\t''
csv\t''
tsv\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand man" -l color -d 'When to colour: on a terminal, always or never [env: PTW_HOOKS_COLOR, NO_COLOR] [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand man" -s q -l quiet -d 'Print no notes and warnings, only data and errors'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand man" -s v -l verbose -d 'Say which files are used and what is sent'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand man" -s h -l help -d 'Print help'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand man" -s V -l version -d 'Print version'

function __ptw_hooks_values
    command -sq ptw-hooks
    and command ptw-hooks complete fish (commandline -opc) (commandline -ct) 2>/dev/null
end
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand show" -f -k -a '(__ptw_hooks_values)'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand update" -f -k -a '(__ptw_hooks_values)'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand enable" -f -k -a '(__ptw_hooks_values)'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand disable" -f -k -a '(__ptw_hooks_values)'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand pause" -f -k -a '(__ptw_hooks_values)'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand resume" -f -k -a '(__ptw_hooks_values)'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand rotate-secret" -f -k -a '(__ptw_hooks_values)'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand delete" -f -k -a '(__ptw_hooks_values)'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand export" -f -k -a '(__ptw_hooks_values)'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand emit" -f -k -a '(__ptw_hooks_values)'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand test" -f -k -a '(__ptw_hooks_values)'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand deliveries" -f -k -a '(__ptw_hooks_values)'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand inspect" -f -k -a '(__ptw_hooks_values)'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand stats" -f -k -a '(__ptw_hooks_values)'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand doctor" -f -k -a '(__ptw_hooks_values)'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand retry" -f -k -a '(__ptw_hooks_values)'
complete -c ptw-hooks -n "__fish_ptw_hooks_using_subcommand redeliver" -f -k -a '(__ptw_hooks_values)'
