using System.Text.Json.Serialization;

namespace QuicProChat.Mesh.Api;

/// <summary>The groups of this node, and the invitations that wait.</summary>
/// <param name="Groups">The groups, by name.</param>
/// <param name="Invitations">The invitations.</param>
public sealed record GroupListInfo(IReadOnlyList<GroupInfo> Groups, IReadOnlyList<GroupInvitationInfo> Invitations);

/// <summary>An invitation that waits.</summary>
/// <param name="Id">The group: 32 hexadecimal digits.</param>
/// <param name="Name">What its inviter calls it.</param>
/// <param name="Inviter">Who invites.</param>
/// <param name="Members">How many are in it, this node included.</param>
public sealed record GroupInvitationInfo(string Id, string Name, string Inviter, int Members)
{
    /// <summary>What the owner calls the inviter.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Alias { get; init; }
}

/// <content><c>group-list</c>.</content>
public static partial class Commands
{
    /// <summary><c>group-list</c>: the groups of this node.</summary>
    public static CommandSpec<NoArguments, GroupListInfo> GroupList { get; } = new(
        "group-list", CommandGroup.Groups, "The groups of this node, and invitations that wait.",
        json => json.GroupListInfo)
    {
        Console = [new("/group list", "", "the groups of this node")],
        Rendering = (screen, list) =>
        {
            foreach (GroupInfo group in list.Groups)
                screen.Line(group.Describe());
            foreach (GroupInvitationInfo invitation in list.Invitations)
            {
                string alias = invitation.Alias is { } called ? $"  {Screen.Printable(called)}" : "";
                screen.Line(
                    $"invited: {Screen.Printable(invitation.Name)}  {invitation.Id}  "
                    + $"{Screen.Count(invitation.Members, "member")}  by {invitation.Inviter}{alias}");
            }

            if (list.Groups.Count + list.Invitations.Count == 0)
                screen.Line("no groups");
        },
    };
}
