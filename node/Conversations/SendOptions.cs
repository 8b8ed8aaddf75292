using QuicProChat.Mesh.Node.Configuration;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Conversations;

/// <summary>How a message is to be sent, whoever it is for.</summary>
/// <param name="Text">What it says; not empty.</param>
/// <param name="Priority">How urgent it is.</param>
/// <param name="Lifetime">How long to try.</param>
/// <param name="Wait">The state to wait for before answering.</param>
internal readonly record struct SendOptions(string Text, Priority Priority, TimeSpan Lifetime, MessageState Wait)
{
    /// <summary>Longest text in bytes of UTF-8: what one envelope carries.</summary>
    internal const int MaxTextBytes = 32 << 10;

    /// <summary>Takes them out of a request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="lifetime">Where the request says none.</param>
    /// <exception cref="ControlException">One of them is wrong.</exception>
    internal static SendOptions Of(ControlRequest request, TimeSpan lifetime)
    {
        if (request.Text is not { Length: > 0 } text)
            throw new ControlException(ControlErrorCode.Usage, "send needs \"text\"");
        if (!Words.TryParse(request.Priority, out Priority priority))
            throw new ControlException(ControlErrorCode.Usage, $"priority '{request.Priority}' is none of low, normal, high, emergency");
        if (!Words.TryParseWait(request.Wait, out MessageState wait))
            throw new ControlException(ControlErrorCode.Usage, $"wait '{request.Wait}' is none of queued, forwarded, delivered");
        if (request.Lifetime is { } asked && !Settings.TryParseLifetime(asked, out lifetime))
            throw new ControlException(ControlErrorCode.Usage, $"lifetime '{asked}' is not {Quantity.DurationForm}, 10s to 7d");
        return new SendOptions(text, priority, lifetime, wait);
    }
}
