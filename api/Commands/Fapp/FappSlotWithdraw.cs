namespace QuicProChat.Mesh.Api;

/// <summary>What <c>fapp-slot-withdraw</c> takes.</summary>
public sealed record FappSlotWithdrawRequest
{
    /// <summary>The slot: 8 digits.</summary>
    public string? Slot { get; set; }
}

/// <content><c>fapp-slot-withdraw</c>.</content>
public static partial class Commands
{
    /// <summary><c>fapp-slot-withdraw</c>: takes a slot back.</summary>
    public static CommandSpec<FappSlotWithdrawRequest, FappOwnSlotInfo> FappSlotWithdraw { get; } = new(
        "fapp-slot-withdraw", CommandGroup.Fapp, "Takes a slot back; whoever asked for it is told.",
        json => json.FappOwnSlotInfo,
        new ArgumentList<FappSlotWithdrawRequest>()
            .Operand("slot", "The slot: 8 digits.", r => r.Slot, (r, v) => r.Slot = v))
    {
        Under = "slot",
        IsBrief = true,
    };
}
