using System.Net;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Node.Cli;
using QuicProChat.Mesh.Node.Configuration;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Node.Metrics;
using QuicProChat.Mesh.Store;

namespace QuicProChat.Mesh.Node.Hosting;

/// <summary>
/// The process: takes the data directory, loads the key, puts the node together, tells the service manager, and waits
/// for the signal that ends it.
/// </summary>
internal static class Daemon
{
    /// <summary>SIGTERM to the end of the process, at most.</summary>
    private static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(4.5);

    /// <summary>Runs until stopped.</summary>
    /// <param name="load">Reads the configuration; again on SIGHUP.</param>
    /// <param name="ready">Completed when the node listens.</param>
    /// <param name="stop">Ends the node like SIGTERM.</param>
    internal static async Task<int> RunAsync(
        Func<NodeConfiguration> load, TaskCompletionSource? ready = null, CancellationToken stop = default)
    {
        PrivateFiles.MakePrivateByDefault();
        NodeConfiguration configuration = load();
        TimeProvider time = TimeProvider.System;
        using var logs = new ConsoleLog(Console.Error, ConsoleLog.UnderJournal, time) { Level = configuration.LogLevel };
        ILogger log = logs.CreateLogger("node");
        SelfTest.Run();

        try
        {
            using DataDirectory directory = DataDirectory.Take(configuration.DataDirectory);
            using LocalIdentity identity = LoadIdentity(configuration, directory, log);
            int code = await RunAsync(configuration, load, directory, identity, logs, time, ready, stop).ConfigureAwait(false);
            log.Stopped();
            return code;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or StoreException)
        {
            log.CannotStart(e.Message);
            return ExitCode.Failed;
        }
    }

    private static async Task<int> RunAsync(
        NodeConfiguration configuration, Func<NodeConfiguration> load, DataDirectory directory, LocalIdentity identity,
        ConsoleLog logs, TimeProvider time, TaskCompletionSource? ready, CancellationToken stop)
    {
        ILogger log = logs.CreateLogger("node");
        using var manager = new ServiceManager(Environment.GetEnvironmentVariable("NOTIFY_SOCKET"));
        // Whatever hangs, the process ends in time: what was acknowledged is on disk.
        using ITimer limit = time.CreateTimer(_ => EndNow(log), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        // Ended in the opposite order: clients are answered to the last, links say goodbye, the last writes follow.
        using MeshStore store = OpenStore(directory.Path, identity, configuration, time);
        await using var node = new MeshNode(configuration, identity, store, time, logs, level => logs.Level = level);
        await using ControlServer control = ControlServer.Bind(configuration.ControlPath, logs.CreateLogger("control"));
        using PosixSignalRegistration terminate = OnSignal(PosixSignal.SIGTERM, node.RequestStop);
        using PosixSignalRegistration interrupt = OnSignal(PosixSignal.SIGINT, node.RequestStop);
        using PosixSignalRegistration hangUp = OnSignal(PosixSignal.SIGHUP, () => _ = ReloadAsync(node, load, manager, time, log));
        using CancellationTokenRegistration stopping = stop.Register(node.RequestStop);

        var links = new NodeLinks(configuration, identity, MeshNode.CapabilitiesOf(configuration), node.LinkEvents, time, logs);
        node.Start(links);
        foreach (string uri in configuration.Listen)
            await links.ListenAsync(uri).ConfigureAwait(false);
        foreach (string peer in configuration.Peers)
            links.Connect(MeshNode.ParsePeer(peer));
        control.Start(new NodeControl(node), node.Events);
        await using MetricsServer? metrics = configuration.MetricsListen is { } end
            ? new MetricsServer(IPEndPoint.Parse(end), node.MetricsAsync, time)
            : null;
        if (metrics is not null)
            log.MetricsServed(metrics.Bound);

        log.Started(identity.Address, configuration.Name, CommandLine.Version, links.Listening is [] ? "nothing" : string.Join(' ', links.Listening));
        manager.Ready(identity.Address.ToString());
        ready?.TrySetResult();
        using ITimer? watchdog = StartWatchdog(node, manager, time);
        using var memory = new MemoryKeeper(() => node.Pulse, time);

        await Task.WhenAny(node.StopRequested, node.LoopEnded).ConfigureAwait(false);
        manager.Stopping();
        log.Stopping();
        limit.Change(StopWithin, Timeout.InfiniteTimeSpan);
        return node.LoopEnded.IsFaulted ? ExitCode.Failed : ExitCode.Done;
    }

    private static void EndNow(ILogger log)
    {
        log.StopForced();
        Environment.Exit(ExitCode.Failed);
    }

    private static LocalIdentity LoadIdentity(NodeConfiguration configuration, DataDirectory directory, ILogger log)
    {
        byte[] passphrase = configuration.PassphraseFile is { } file ? Passphrase.Read(file) : [];
        try
        {
            if (File.Exists(directory.KeyFile))
                return KeyFile.Load(directory.KeyFile, passphrase);
            LocalIdentity made = LocalIdentity.Generate();
            KeyFile.Save(directory.KeyFile, made, passphrase);
            log.KeyMade(directory.KeyFile);
            return made;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(passphrase);
        }
    }

    private static MeshStore OpenStore(string directory, LocalIdentity identity, NodeConfiguration configuration, TimeProvider time)
    {
        Span<byte> key = stackalloc byte[32];
        try
        {
            identity.DeriveKey("qpc-mesh/1 storage key"u8, key);
            return MeshStore.Open(directory, key, new StoreOptions { Durability = configuration.Durability, DiskBytes = configuration.DiskBytes }, time);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    private static PosixSignalRegistration OnSignal(PosixSignal signal, Action action) =>
        PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            action();
        });

    private static async Task ReloadAsync(MeshNode node, Func<NodeConfiguration> load, ServiceManager manager, TimeProvider time, ILogger log)
    {
        manager.Reloading(time.GetTimestamp() * 1_000_000 / time.TimestampFrequency);
        try
        {
            await node.ReloadAsync(load()).ConfigureAwait(false);
        }
        catch (UsageException e)
        {
            log.ReloadFailed(e.Message);
        }

        manager.Ready(node.Identity.Address.ToString());
    }

    /// <summary>Tells the watchdog that the node lives only if its loop answers.</summary>
    private static ITimer? StartWatchdog(MeshNode node, ServiceManager manager, TimeProvider time)
    {
        TimeSpan? interval = ServiceManager.WatchdogInterval(
            Environment.GetEnvironmentVariable("WATCHDOG_USEC"), Environment.GetEnvironmentVariable("WATCHDOG_PID"), Environment.ProcessId);
        return interval is { } period
            ? time.CreateTimer(_ => _ = BeatAsync(node, manager, period), null, TimeSpan.Zero, period)
            : null;
    }

    private static async Task BeatAsync(MeshNode node, ServiceManager manager, TimeSpan period)
    {
        try
        {
            await node.AskAsync(static _ => true).WaitAsync(period).ConfigureAwait(false);
            manager.Alive();
        }
        catch (Exception e) when (e is TimeoutException or System.Threading.Channels.ChannelClosedException)
        {
            // No sign of life: that is what the watchdog is for.
        }
    }
}
