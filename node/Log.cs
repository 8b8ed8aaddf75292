using Microsoft.Extensions.Logging;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Node;

/// <summary>Every log line of the program.</summary>
internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Warning,
        Message = "cannot accept a control connection: {Reason} ({Silent} times more since this was said last)")]
    internal static partial void ControlAcceptFailed(this ILogger log, string reason, long silent);

    [LoggerMessage(Level = LogLevel.Warning, Message = "the control socket {Path} had vanished, and was made anew")]
    internal static partial void ControlSocketRemade(this ILogger log, string path);

    [LoggerMessage(Level = LogLevel.Error,
        Message = "the control socket {Path} has vanished and cannot be made anew: {Reason}")]
    internal static partial void ControlSocketGone(this ILogger log, string path, string reason);

    [LoggerMessage(Level = LogLevel.Error,
        Message = "{Command} failed ({Silent} other faults of commands since the last that was said)")]
    internal static partial void CommandFailed(this ILogger log, string command, long silent, Exception exception);

    [LoggerMessage(Level = LogLevel.Debug, Message = "a frame of {Size} bytes from {Peer} does not parse: {Beginning}")]
    internal static partial void MalformedFrame(this ILogger log, NodeAddress peer, int size, string beginning);

    [LoggerMessage(Level = LogLevel.Error,
        Message = "a fault of this program ({Seam}); it cost nothing else ({Silent} others of the kind since the last "
            + "that was said)")]
    internal static partial void Fault(this ILogger log, FaultSeam seam, long silent, Exception exception);

    [LoggerMessage(Level = LogLevel.Critical, Message = "the node cannot go on")]
    internal static partial void LoopFailed(this ILogger log, Exception exception);

    [LoggerMessage(Level = LogLevel.Error,
        Message = "the store refuses to write: {Reason}; custody and messages are refused until it takes them again")]
    internal static partial void StoreFailed(this ILogger log, string reason);

    [LoggerMessage(Level = LogLevel.Error,
        Message = "the disk is nearly full: what others send is refused until there is room")]
    internal static partial void StoreTight(this ILogger log);

    [LoggerMessage(Level = LogLevel.Error,
        Message = "what was written is not on the disk for certain: {Reason}; it is tried again with each transaction")]
    internal static partial void StoreNotSynced(this ILogger log, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "the store takes writes again")]
    internal static partial void StoreRecovered(this ILogger log);

    [LoggerMessage(Level = LogLevel.Error,
        Message = "a damaged row in table {Table} of the store was left out: {Reason} Others of this table are only "
            + "counted from now on (qpc_store_damaged_rows_total)")]
    internal static partial void RowDamaged(this ILogger log, string table, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "there was no store in {Directory}: an empty one was made")]
    internal static partial void StoreMade(this ILogger log, string directory);

    [LoggerMessage(Level = LogLevel.Critical, Message = "cannot start: {Reason}")]
    internal static partial void CannotStart(this ILogger log, string reason);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "made a new key: {Path}; back it up with 'qpc-mesh identity export'")]
    internal static partial void KeyMade(this ILogger log, string path);

    [LoggerMessage(Level = LogLevel.Information,
        Message = "{Address} '{Name}', version {Version}, listening on {Listen}")]
    internal static partial void Started(
        this ILogger log, NodeAddress address, string name, string version, string listen);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Count} envelopes held since the last run")]
    internal static partial void Restored(this ILogger log, int count);

    [LoggerMessage(Level = LogLevel.Information, Message = "metrics on http://{Where}/metrics")]
    internal static partial void MetricsServed(this ILogger log, System.Net.IPEndPoint where);

    [LoggerMessage(Level = LogLevel.Information, Message = "the page on http://{Where}/: 'qpc-mesh web' opens it")]
    internal static partial void PageServed(this ILogger log, System.Net.IPEndPoint where);

    [LoggerMessage(Level = LogLevel.Information, Message = "stopping")]
    internal static partial void Stopping(this ILogger log);

    [LoggerMessage(Level = LogLevel.Information, Message = "stopped")]
    internal static partial void Stopped(this ILogger log);

    [LoggerMessage(Level = LogLevel.Error, Message = "something hangs: ending without it")]
    internal static partial void StopForced(this ILogger log);

    [LoggerMessage(Level = LogLevel.Information, Message = "configuration read again")]
    internal static partial void Reloaded(this ILogger log);

    [LoggerMessage(Level = LogLevel.Error, Message = "configuration not taken: {Reason}")]
    internal static partial void ReloadFailed(this ILogger log, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "some changes of the configuration need a restart")]
    internal static partial void RestartNeeded(this ILogger log);

    [LoggerMessage(Level = LogLevel.Error, Message = "the thread of {Radio} does not answer")]
    internal static partial void RadioSilent(this ILogger log, string radio);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "The key file {File} lies on a RAM disk: this node's key and its address are gone after the next "
            + "reboot. Give it a lasting place with --data-dir, \"dataDir\" or \"keyFile\", and keep a copy of the "
            + "key: 'qpc-mesh identity export'")]
    internal static partial void KeyOnRamDisk(this ILogger log, string file);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Signal} is ignored")]
    internal static partial void SignalIgnored(this ILogger log, string signal);

    [LoggerMessage(Level = LogLevel.Error, Message = "a fault that nobody waited for")]
    internal static partial void Unobserved(this ILogger log, Exception exception);

    [LoggerMessage(Level = LogLevel.Information, Message = "{User}@{Server}: connected")]
    internal static partial void AccountOnline(this ILogger log, string user, string server);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{User}@{Server}: no connection: {Reason}")]
    internal static partial void AccountOffline(this ILogger log, string user, string server, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Server} does not let this node read an inbox: {Status}")]
    internal static partial void InboxRefused(
        this ILogger log, string server, Messaging.Servers.ServerStatus status);

    [LoggerMessage(Level = LogLevel.Error, Message = "a fault of this program ended something with {Server}")]
    internal static partial void AccountFailed(this ILogger log, string server, Exception exception);

    [LoggerMessage(Level = LogLevel.Error, Message = "an account in the store makes no sense, and was left out")]
    internal static partial void AccountDamaged(this ILogger log);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "what was known of the log of keys of {Server} is of another key, or makes no sense: it begins anew")]
    internal static partial void KeyLogForgotten(this ILogger log, string server);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Text}")]
    internal static partial void AccountRefused(this ILogger log, string text);
}
