namespace QuicProChat.Mesh.Api;

/// <summary>The daemon in one look.</summary>
/// <param name="Address">This node's address.</param>
/// <param name="Name">What it announces.</param>
/// <param name="Version">The program's version.</param>
/// <param name="UptimeSeconds">Since it started.</param>
/// <param name="Listen">Where it listens.</param>
/// <param name="Peers">Links that are up.</param>
/// <param name="Routes">Destinations with a route.</param>
/// <param name="Queued">Envelopes that it holds.</param>
/// <param name="MemoryBytes">Resident memory.</param>
/// <param name="QuicAvailable">QUIC works here.</param>
/// <param name="Dialling">Peers that it dials and does not reach.</param>
/// <param name="Waiting">Where it would listen if the address were there.</param>
/// <param name="Warnings">Sentences about keys, of the last day.</param>
public sealed record StatusInfo(
    string Address, string Name, string Version, long UptimeSeconds, IReadOnlyList<string> Listen, int Peers,
    int Routes, int Queued, long MemoryBytes, bool QuicAvailable, IReadOnlyList<string> Dialling,
    IReadOnlyList<string> Waiting,
    IReadOnlyList<string> Warnings);

/// <content><c>status</c>.</content>
public static partial class Commands
{
    /// <summary><c>status</c>: the daemon in one look.</summary>
    public static CommandSpec<NoArguments, StatusInfo> Status { get; } = new(
        "status", CommandGroup.Node, "The daemon in one look.", json => json.StatusInfo)
    {
        IsBrief = true,
        Console = [new("/mesh status", "", "the daemon in one look")],
    };
}
