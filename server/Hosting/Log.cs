using Microsoft.Extensions.Logging;
using QuicProChat.Mesh.Rpc;

namespace QuicProChat.Mesh.Server.Hosting;

/// <summary>What the server tells its operator.</summary>
internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Listening on {Endpoint}, key {Fingerprint}")]
    internal static partial void Listening(ILogger logger, string endpoint, string fingerprint);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Not listening on {Endpoint}: {Reason}")]
    internal static partial void NotListening(ILogger logger, string endpoint, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Method {Method}: the store failed: {Reason}")]
    internal static partial void StoreFailed(ILogger logger, RpcMethod method, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Method {Method} failed")]
    internal static partial void CallFailed(ILogger logger, Exception fault, RpcMethod method);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Stopping although {Running} calls run: they took too long")]
    internal static partial void DrainTooLong(ILogger logger, int running);

    [LoggerMessage(Level = LogLevel.Error, Message = "Removing what expired failed: {Reason}")]
    internal static partial void ExpiryFailed(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Error,
        Message = "{Blobs} blobs were forgotten: their bytes are not in the data directory, and have to be sent again")]
    internal static partial void BlobsMissing(ILogger logger, int blobs);

    [LoggerMessage(Level = LogLevel.Error, Message = "The store is lost: {Reason}")]
    internal static partial void StoreLost(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "The store is there again")]
    internal static partial void StoreBack(ILogger logger);

    [LoggerMessage(Level = LogLevel.Information, Message = "The hook {Path} is there")]
    internal static partial void HookThere(ILogger logger, string path);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The hook {Path} is gone: {Reason}")]
    internal static partial void HookGone(ILogger logger, string path, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Looking for whom to wake failed: {Reason}")]
    internal static partial void PushFailed(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "The push command does not end: {Reason}")]
    internal static partial void PushCommandStays(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "The push command {File} ended ({Reason}); it is started again in {Seconds} s")]
    internal static partial void PushCommandEnded(ILogger logger, string file, string reason, double seconds);

    [LoggerMessage(Level = LogLevel.Error, Message = "A connection failed")]
    internal static partial void ConnectionFailed(ILogger logger, Exception fault);

    [LoggerMessage(Level = LogLevel.Information,
        Message = "Listening for other servers as {Domain} on {Endpoint}, key {Fingerprint}")]
    internal static partial void ListeningForPeers(
        ILogger logger, string domain, string endpoint, string fingerprint);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Domain} does not answer: {Reason}")]
    internal static partial void PeerLost(ILogger logger, string domain, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A call of {Domain} was refused: {Reason}")]
    internal static partial void PeerRefused(ILogger logger, string domain, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Stopping: no new calls")]
    internal static partial void Draining(ILogger logger);
}

/// <summary>
/// The audit log: who did what to accounts, and from where. Each line has the word "audit"; no line has a password, a
/// token or a message.
/// </summary>
internal static partial class Audit
{
    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "audit registered user={User} from={Address}")]
    internal static partial void Registered(ILogger logger, string user, string address);

    [LoggerMessage(EventId = 2, Level = LogLevel.Information, Message = "audit login user={User} from={Address}")]
    internal static partial void LoggedIn(ILogger logger, string user, string address);

    [LoggerMessage(EventId = 3, Level = LogLevel.Warning, Message = "audit login-failed user={User} from={Address}")]
    internal static partial void LoginFailed(ILogger logger, string user, string address);

    [LoggerMessage(EventId = 4, Level = LogLevel.Information, Message = "audit deleted user={User} from={Address}")]
    internal static partial void Deleted(ILogger logger, string user, string address);

    [LoggerMessage(EventId = 5, Level = LogLevel.Information,
        Message = "audit device-revoked user={User} from={Address}")]
    internal static partial void DeviceRevoked(ILogger logger, string user, string address);

    [LoggerMessage(EventId = 6, Level = LogLevel.Warning,
        Message = "audit banned key={Key} by={User} from={Address}")]
    internal static partial void Banned(ILogger logger, string key, string user, string address);

    [LoggerMessage(EventId = 7, Level = LogLevel.Information,
        Message = "audit unbanned key={Key} by={User} from={Address}")]
    internal static partial void Unbanned(ILogger logger, string key, string user, string address);

    [LoggerMessage(EventId = 8, Level = LogLevel.Warning,
        Message = "audit banned-tried user={User} from={Address}")]
    internal static partial void BannedTried(ILogger logger, string user, string address);

    [LoggerMessage(EventId = 10, Level = LogLevel.Information,
        Message = "audit recovery-stored user={User} from={Address}")]
    internal static partial void RecoveryStored(ILogger logger, string user, string address);

    [LoggerMessage(EventId = 11, Level = LogLevel.Warning, Message = "audit recovery-fetched from={Address}")]
    internal static partial void RecoveryFetched(ILogger logger, string address);
}
