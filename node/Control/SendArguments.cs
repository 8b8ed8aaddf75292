using QuicProChat.Mesh.Messaging;
using QuicProChat.Mesh.Node.Configuration;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Control;

/// <summary>What <c>send</c> asks for.</summary>
internal static class SendArguments
{
    /// <summary>Takes it out of a request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="lifetime">How long to try where the request does not say.</param>
    /// <exception cref="ControlException">Some of it is wrong.</exception>
    internal static SendRequest Read(ControlRequest request, TimeSpan lifetime)
    {
        if (request.To is not { Length: > 0 } to)
        {
            throw Usage(request.Lite
                ? "send with \"lite\" needs \"to\": a group"
                : "send needs \"to\": an address or alias");
        }

        if (request.Text is not { Length: > 0 } text)
            throw Usage("send needs \"text\"");
        if (!Words.TryParse(request.Priority, out Priority priority))
            throw Usage($"priority '{request.Priority}' is none of low, normal, high, emergency");
        if (!Words.TryParseWait(request.Wait, out MessageState wait))
            throw Usage($"wait '{request.Wait}' is none of queued, forwarded, delivered");
        if (request.Lifetime is { } asked && !Settings.TryParseLifetime(asked, out lifetime))
            throw Usage($"lifetime '{asked}' is not {Quantity.DurationForm}, 10s to 7d");
        EnvelopeKind kind = request.Lite ? EnvelopeKind.MlsLite : EnvelopeKind.Sealed;
        return new SendRequest(kind, to, text, priority, lifetime, wait, request.Signed);
    }

    private static ControlException Usage(string message) => new(ControlErrorCode.Usage, message);
}
