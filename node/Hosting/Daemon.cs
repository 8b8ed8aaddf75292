using System.Net;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Node.Cli;
using QuicProChat.Mesh.Node.Configuration;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Node.Metrics;
using QuicProChat.Mesh.Node.Page;
using QuicProChat.Mesh.Store;
using QuicProChat.Mesh.Transports;

namespace QuicProChat.Mesh.Node.Hosting;

/// <summary>
/// The process: takes the data directory, loads the key, puts the node together, tells the service manager, and waits
/// for the signal that ends it.
/// </summary>
internal static class Daemon
{
    /// <summary>How long the last log lines may take where everything else hangs.</summary>
    private static readonly TimeSpan LastWords = TimeSpan.FromMilliseconds(100);

    /// <summary>What the store's key is derived from the identity for.</summary>
    internal static ReadOnlySpan<byte> StorageKeyPurpose => "qpc-mesh/1 storage key"u8;

    /// <summary>Runs until stopped.</summary>
    /// <param name="load">Reads the configuration; again on SIGHUP.</param>
    /// <param name="ready">Completed when the node listens.</param>
    /// <param name="stop">Ends the node like SIGTERM.</param>
    internal static async Task<int> RunAsync(
        Func<NodeConfiguration> load, TaskCompletionSource? ready = null, CancellationToken stop = default)
    {
        using ProcessSignals signals = ProcessSignals.Arm();
        using CancellationTokenRegistration stopping = stop.Register(signals.RequestStop);
        PrivateFiles.MakePrivateByDefault();
        NodeConfiguration configuration = load();
        HeapLimit.Set(configuration.Memory.Total);
        TimeProvider time = TimeProvider.System;
        using var logs =
            new ConsoleLog(DescriptorSink.ForStandardError, ConsoleLog.UnderJournal,
                time)
            { Level = configuration.LogLevel };
        ILogger log = logs.CreateLogger("node");
        signals.LastWords = () =>
        {
            log.StopForced();
            logs.Flush(LastWords);
        };
        EventHandler<UnobservedTaskExceptionEventArgs> unobserved = (_, e) => log.Unobserved(e.Exception);
        TaskScheduler.UnobservedTaskException += unobserved;
        try
        {
            SelfTest.Run();
            using DataDirectory directory = DataDirectory.Take(configuration.DataDirectory, configuration.KeyFile);
            if (directory.IsKeyOnRamDisk)
                log.KeyOnRamDisk(directory.KeyFile);
            using LocalIdentity identity = LoadIdentity(configuration, directory, log);
            // A passphrase takes its time: the order to stop may have come meanwhile.
            int code = signals.StopRequested.IsCompleted
                ? ExitCode.Done
                : await RunAsync(configuration, load, directory, identity, logs, time, signals, ready)
                    .ConfigureAwait(false);
            log.Stopped();
            return code;
        }
        catch (Exception e) when (e is not UsageException)
        {
            log.CannotStart(FaultText.Of(e));
            return ExitCode.Failed;
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= unobserved;
        }
    }

    private static async Task<int> RunAsync(
        NodeConfiguration configuration, Func<NodeConfiguration> load, DataDirectory directory, LocalIdentity identity,
        ConsoleLog logs, TimeProvider time, ProcessSignals signals, TaskCompletionSource? ready)
    {
        ILogger log = logs.CreateLogger("node");
        using var manager = new ServiceManager(Environment.GetEnvironmentVariable("NOTIFY_SOCKET"));
        // Ended in the opposite order: clients are answered to the last, links say goodbye, the last writes follow.
        using MeshStore store = OpenStore(directory.Path, identity, configuration, time);
        await using var node = new MeshNode(configuration, identity, store, time, logs, level => logs.Level = level);
        await using ControlServer control =
            ControlServer.Bind(configuration.ControlPath, logs.CreateLogger("control"), GroupOf(configuration), time);

        var links = new NodeLinks(configuration, identity, PartOptions.CapabilitiesOf(configuration), node.LinkEvents,
            time, logs);
        node.Start(links);
        foreach (string uri in configuration.Listen)
            await links.ListenAsync(uri).ConfigureAwait(false);
        foreach (string peer in configuration.Peers)
            links.Connect(MeshNode.ParsePeer(peer));
        links.StartDiscovery();
        control.Start(new NodeControl(node), node.Events, configuration.Memory.Control);
        await using MetricsServer? metrics = configuration.MetricsListen is { } end
            ? new MetricsServer(EndPointOf(end), node.MetricsAsync, node.Faults, time)
            : null;
        if (metrics is not null)
            log.MetricsServed(metrics.Bound);
        await using PageServer? page = configuration.WebListen is { } web ? ServePage(web, node, control, time) : null;
        if (page is not null)
            log.PageServed(page.Bound);

        log.Started(identity.Address, configuration.Name, CommandLine.Version, links.Listening is [] ? "nothing"
            : string.Join(' ', links.Listening));
        manager.Ready(identity.Address.ToString());
        ready?.TrySetResult();
        using ITimer? watchdog = StartWatchdog(node, manager, time);
        using var memory = new MemoryKeeper(() => node.Pulse, node.Faults, time);
        using var reloads = new Reloads(node, load, manager, control, time, log);
        signals.OnReload(reloads.Begin, log.SignalIgnored);

        await Task.WhenAny(signals.StopRequested, node.StopRequested, node.LoopEnded).ConfigureAwait(false);
        // First the limit of what follows: from here on anything may hang.
        signals.RequestStop();
        manager.Stopping();
        log.Stopping();
        return node.LoopEnded.IsFaulted ? ExitCode.Failed : ExitCode.Done;
    }

    private static uint? GroupOf(NodeConfiguration configuration) => configuration.ControlGroup is { } group
        ? Libc.FindGroup(group) ?? throw new UsageException($"controlGroup: there is no group '{group}' in /etc/group")
        : null;

    private static IPEndPoint EndPointOf(string text) =>
        IpText.TryParseEndpoint(text, out IPEndPoint end) ? end
            : throw new UsageException($"metricsListen: '{text}' is no address:port");

    private static PageServer ServePage(string where, MeshNode node, ControlServer control, TimeProvider time)
    {
        var access = new PageAccess(new PageRecords(node), RandomSource.System, time);
        return node.Page = new PageServer(PageEnd.Parse(where), access, control, node.Faults, time);
    }

    private static LocalIdentity LoadIdentity(NodeConfiguration configuration, DataDirectory directory, ILogger log)
    {
        byte[] passphrase = configuration.PassphraseFile is { } file ? Passphrase.Read(file) : [];
        try
        {
            if (directory.HasKey)
                return KeyFile.Load(directory.KeyFile, passphrase);
            directory.RefuseNewKey();
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

    private static MeshStore OpenStore(
        string directory, LocalIdentity identity, NodeConfiguration configuration, TimeProvider time)
    {
        Span<byte> key = stackalloc byte[32];
        try
        {
            identity.DeriveKey(StorageKeyPurpose, key);
            return MeshStore.Open(directory, key, new StoreOptions
            {
                Durability = configuration.Durability,
                DiskBytes = configuration.DiskBytes,
                SeenCapacity = configuration.Memory.SeenCount,
            }, time);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    /// <summary>Tells the watchdog that the node lives only if its loop answers.</summary>
    private static ITimer? StartWatchdog(MeshNode node, ServiceManager manager, TimeProvider time)
    {
        TimeSpan? interval = ServiceManager.WatchdogInterval(
            Environment.GetEnvironmentVariable("WATCHDOG_USEC"), Environment.GetEnvironmentVariable("WATCHDOG_PID"),
            Environment.ProcessId);
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
        catch (Exception)
        {
            // No sign of life, whatever it was: that is what the watchdog is for.
        }
    }
}
