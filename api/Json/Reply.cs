using System.Text.Json;

namespace QuicProChat.Mesh.Api;

/// <summary>A reply of a daemon: a result, or why there is none.</summary>
/// <param name="Result">What came of the request; null where it was not done.</param>
/// <param name="More">Where a list goes on; null if it does not.</param>
/// <param name="Code">What sort of refusal it is; null where it was done.</param>
/// <param name="Error">Why it was not done, in one sentence; null where it was done.</param>
public sealed record Reply<TResult>(TResult? Result, string? More, ErrorCode? Code, string? Error)
{
    /// <summary>The result.</summary>
    /// <exception cref="InvalidOperationException">There is none; the message says why.</exception>
    public TResult Done => Code is null ? Result! : throw new InvalidOperationException(Error);

    internal static Reply<TResult> Read<TRequest>(CommandSpec<TRequest, TResult> command, JsonElement reply)
        where TRequest : class, new()
    {
        if (!reply.GetProperty("ok").GetBoolean())
        {
            ErrorCode code = reply.GetProperty("code").ValueEquals("usage"u8) ? ErrorCode.Usage : ErrorCode.Refused;
            return new(default, null, code, reply.GetProperty("error").GetString());
        }

        string? more = reply.TryGetProperty("more", out JsonElement rest) ? rest.GetString() : null;
        return new(command.Read(reply.GetProperty("result")), more, null, null);
    }
}
