using Microsoft.Extensions.Logging;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports;

/// <summary>Every line that this assembly logs.</summary>
internal static partial class Log
{
    [LoggerMessage(100, LogLevel.Warning, "{Uri} is not used: {Scheme} links are unavailable, {Reason}")]
    internal static partial void TransportUnavailable(ILogger logger, LinkUri uri, string scheme, string reason);

    [LoggerMessage(101, LogLevel.Information, "Listening on {Uri}")]
    internal static partial void Listening(ILogger logger, LinkUri uri);

    [LoggerMessage(111, LogLevel.Information, "Listening on {Uri} no more")]
    internal static partial void ListeningNoMore(ILogger logger, LinkUri uri);

    [LoggerMessage(115, LogLevel.Warning, "Not listening on {Uri} for now: {Reason}; waiting until that changes")]
    internal static partial void ListeningWaits(ILogger logger, LinkUri uri, string reason);

    [LoggerMessage(116, LogLevel.Warning, "The number of the link certificate cannot be kept in {Path}: {Reason}")]
    internal static partial void NumberNotKept(ILogger logger, string path, string reason);

    [LoggerMessage(117, LogLevel.Error, "{Warning}")]
    internal static partial void OwnKeyElsewhere(ILogger logger, string warning);

    [LoggerMessage(118, LogLevel.Warning, "{Warning}")]
    internal static partial void CloneSeen(ILogger logger, string warning);

    [LoggerMessage(102, LogLevel.Information, "Link to {Peer}{Name} by {Uri} is up")]
    internal static partial void LinkUp(ILogger logger, NodeAddress peer, string name, string uri);

    [LoggerMessage(103, LogLevel.Information, "Link to {Peer} by {Uri} ended by {Side}: {Why}")]
    internal static partial void LinkDown(ILogger logger, NodeAddress peer, string uri, string side, string why);

    [LoggerMessage(104, LogLevel.Debug, "Refused a connection from {Remote}: {Why}")]
    internal static partial void Refused(ILogger logger, string remote, string why);

    [LoggerMessage(105, LogLevel.Information, "Cannot reach {Uri}: {Why}; trying again, less and less often")]
    internal static partial void DialFailed(ILogger logger, LinkUri uri, string why);

    [LoggerMessage(106, LogLevel.Debug, "Cannot reach {Uri}: {Why}")]
    internal static partial void DialFailedAgain(ILogger logger, LinkUri uri, string why);

    [LoggerMessage(107, LogLevel.Warning, "{Uri} leads to this node itself; it is not dialled again")]
    internal static partial void DialledSelf(ILogger logger, LinkUri uri);

    [LoggerMessage(108, LogLevel.Error, "Link to {Peer} is given up: this node failed to handle what it reported")]
    internal static partial void LinkEventsFailed(ILogger logger, Exception exception, NodeAddress peer);

    [LoggerMessage(109, LogLevel.Warning, "Cannot accept connections on {Uri} for now: {Reason}")]
    internal static partial void AcceptFailed(ILogger logger, LinkUri uri, string reason);

    [LoggerMessage(110, LogLevel.Error, "The {What} loop of {Uri} failed; this is a fault of the program")]
    internal static partial void LoopFailed(ILogger logger, Exception exception, string what, LinkUri uri);

    [LoggerMessage(119, LogLevel.Debug, "Discovery on {Interface}: {What}")]
    internal static partial void DiscoveryOn(ILogger logger, string @interface, string what);

    [LoggerMessage(120, LogLevel.Warning,
        "Discovery does not work on {Interface}: {Reason}; it is tried again until it does")]
    internal static partial void DiscoveryAway(ILogger logger, string @interface, string reason);

    [LoggerMessage(121, LogLevel.Error, "Discovery failed to handle an event; this is a fault of the program")]
    internal static partial void DiscoveryFailed(ILogger logger, Exception exception);

    [LoggerMessage(114, LogLevel.Information,
        "Radio {Device} is on: {Modem}, {Frequency} Hz, SF{SpreadingFactor}, {Region}; {Detail}")]
    internal static partial void RadioOn(
        ILogger logger, string device, string? modem, long frequency, int spreadingFactor, string region,
        string detail);

    [LoggerMessage(112, LogLevel.Warning, "Radio {Device} is away ({Reason}); it is tried again until it is there")]
    internal static partial void RadioAway(ILogger logger, string device, string reason);

    [LoggerMessage(113, LogLevel.Debug, "Radio {Device}: {State}, {Detail}")]
    internal static partial void RadioState(ILogger logger, string device, Lora.Modems.ModemState state, string detail);

    /// <summary>Code and detail of an end as one phrase.</summary>
    internal static string Why(LinkEndCode code, string? detail) => detail is null ? code.ToString()
        : $"{code}: {detail}";
}
