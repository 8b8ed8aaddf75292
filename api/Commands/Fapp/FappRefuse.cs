namespace QuicProChat.Mesh.Api;

/// <summary>What <c>fapp-refuse</c> takes.</summary>
public sealed record FappRefuseRequest
{
    /// <summary>The request: its id, or the first digits of it.</summary>
    public string? Id { get; set; }

    /// <summary>No therapy place before: 2027-05-01.</summary>
    public string? Before { get; set; }
}

/// <content><c>fapp-refuse</c>.</content>
public static partial class Commands
{
    /// <summary><c>fapp-refuse</c>: refuses a request.</summary>
    public static CommandSpec<FappRefuseRequest, FappRequestInfo> FappRefuse { get; } = new(
        "fapp-refuse", CommandGroup.Fapp,
        "Refuses a request; with the question for a therapy place this is the statement that is asked for.",
        json => json.FappRequestInfo,
        new ArgumentList<FappRefuseRequest>()
            .Operand("id", "The request: its id, or the first digits of it.", r => r.Id, (r, v) => r.Id = v)
            .Option("before", "DATE", "No therapy place before: 2027-05-01.", r => r.Before, (r, v) => r.Before = v))
    {
        IsBrief = true,
        Console = [new("/fapp refuse", "ID", "refuse a request")],
    };
}
