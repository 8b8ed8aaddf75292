namespace QuicProChat.Mesh.Api;

/// <summary>What <c>verify</c> takes.</summary>
public sealed record VerifyRequest
{
    /// <summary>An address or alias.</summary>
    public string? To { get; set; }

    /// <summary>The numbers are the same: remember that.</summary>
    public bool Confirm { get; set; }

    /// <summary>What was typed or scanned at the other side, to be compared here.</summary>
    public string? Number { get; set; }

    /// <summary>
    /// The public key, 64 hexadecimal digits: for somebody of whom nothing was heard yet, nor a card taken. The address
    /// is its hash, so it cannot be another's.
    /// </summary>
    public string? Key { get; set; }
}

/// <summary>A safety number.</summary>
/// <param name="Address">With whom.</param>
/// <param name="Number">Sixty digits in groups of five.</param>
/// <param name="Code">What the QR code says.</param>
/// <param name="Verified">It was compared.</param>
public sealed record VerifyInfo(string Address, string Number, string Code, bool Verified);

/// <content><c>verify</c>.</content>
public static partial class Commands
{
    /// <summary><c>verify</c>: the safety number with somebody; both sides see the same.</summary>
    public static CommandSpec<VerifyRequest, VerifyInfo> Verify { get; } = new(
        "verify", CommandGroup.Strangers, "The safety number with somebody: both sides see the same.",
        json => json.VerifyInfo,
        new ArgumentList<VerifyRequest>()
            .Operand("to", "An address or alias.", r => r.To, (r, v) => r.To = v)
            .Flag("confirm", "The numbers are the same: remember that.", r => r.Confirm, (r, v) => r.Confirm = v)
            .Option("number", "N", "Compare with this: digits, or what a QR code said.", r => r.Number,
                (r, v) => r.Number = v)
            .Option("key", "HEX", "The public key, where nothing was heard of it yet.", r => r.Key,
                (r, v) => r.Key = v))
    {
        IsBrief = true,
        Console = [new("/verify", "PEER", "the safety number with PEER")],
        Rendering = (screen, safety) =>
        {
            screen.Line($"{safety.Address}{(safety.Verified ? " (verified)" : " (unverified)")}");
            screen.Line(safety.Number);
            screen.Code(safety.Code);
        },
    };
}
