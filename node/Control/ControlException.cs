using QuicProChat.Mesh.Api;

namespace QuicProChat.Mesh.Node.Control;

/// <summary>A request that was not done, in one sentence.</summary>
internal sealed class ControlException(ErrorCode code, string message) : Exception(message)
{
    internal ErrorCode Code { get; } = code;

    /// <summary>The request itself is wrong.</summary>
    internal static ControlException Usage(string message) => new(ErrorCode.Usage, message);

    /// <summary>It was understood, and cannot be done.</summary>
    internal static ControlException Refused(string message) => new(ErrorCode.Refused, message);
}
