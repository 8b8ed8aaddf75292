using QuicProChat.Mesh.Node.Cli;
using QuicProChat.Mesh.Node.Configuration;
using QuicProChat.Mesh.Node.Hosting;

// First of all: a signal that comes while a daemon starts must not end it.
if (args is ["run", ..] || (args is ["repl", ..] && args.Contains("--start")))
    ProcessSignals.Arm();
DefaultPaths.AvoidNameServices();
return await CommandLine.MainAsync(args).ConfigureAwait(false);
