using QuicProChat.Mesh.Mls.Groups;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Storage;

namespace QuicProChat.Mesh.Mls;

/// <summary>How a Welcome is accepted.</summary>
public sealed record WelcomeAcceptance
{
    /// <summary>
    /// Whether a group of the same id that this client takes part in gives way, in the same write: for a member that
    /// missed its removal, or is on a branch that lost. What of it can still be read stays readable.
    /// </summary>
    public bool Replace { get; init; }

    /// <summary>
    /// Whether the private keys of the key package stay, so that a Welcome of a rival commit can be accepted later.
    /// <see cref="MlsClient.DeleteKeyPackage"/> ends it. Those of last resort stay in any case.
    /// </summary>
    public bool KeepKeyPackage { get; init; }
}

/// <summary>
/// A Welcome that was opened and verified, and has not taken effect: time to see who invites, and to what. Used once.
/// </summary>
public sealed class StagedWelcome : IDisposable
{
    private readonly MlsClient _client;
    private readonly MlsIdentity _identity;
    private readonly WelcomeResult _result;
    private bool _used;

    internal StagedWelcome(
        MlsClient client, MlsIdentity identity, WelcomeResult result, ReadOnlyMemory<byte> keyPackage, bool lastResort)
    {
        _client = client;
        _identity = identity;
        _result = result;
        KeyPackage = keyPackage;
        IsLastResort = lastResort;
        State = GroupState.Of(result.Epoch);
        Inviter = new Member(result.Signer, result.Epoch.Tree.Leaf(result.Signer)!);
    }

    /// <summary>The state of the group that this client joins in: its id, members and extensions.</summary>
    public GroupState State { get; }

    /// <summary>
    /// Who invites: the member that signed for the group, which is the one whose commit added this client.
    /// </summary>
    public Member Inviter { get; }

    /// <summary>The reference of the own key package that was used.</summary>
    public ReadOnlyMemory<byte> KeyPackage { get; }

    /// <summary>Whether it was one of last resort, so that this member should renew its keys (section 16.8).</summary>
    public bool IsLastResort { get; }

    /// <summary>
    /// Whether this client takes part in a group of the same id, which the Welcome could replace only if told to.
    /// </summary>
    public bool WouldReplace => _client.StatusOf(State.GroupId) is not null && !FollowsItself;

    // A group that ended with a ReInit is followed, under the same id, by what proves to follow it, and by nothing
    // else.
    private bool FollowsItself =>
        _client.StatusOf(State.GroupId) == GroupStatus.ReInitialised
        && _result.SuccessorOf is { Usage: ResumptionUsage.ReInit } psk
        && psk.Id.Span.SequenceEqual(State.GroupId.Span);

    /// <summary>Joins the group.</summary>
    /// <param name="acceptance">How; null for the plain way.</param>
    /// <returns>The group; <see cref="MlsErrorCode.DuplicateGroup"/> if it would replace one that it may not.</returns>
    /// <exception cref="InvalidOperationException">It was accepted before, or disposed of.</exception>
    public MlsResult<Group> Accept(WelcomeAcceptance? acceptance = null)
    {
        if (_used)
            throw new InvalidOperationException("The Welcome was accepted before, or dropped.");
        acceptance ??= new WelcomeAcceptance();
        if (WouldReplace && !acceptance.Replace)
            return Errors.At(MlsErrorCode.DuplicateGroup, "12.4.3.1");

        // What the key package was used for since this was opened is in the store.
        using KeyPackageRecord? record = _client.FindKeyPackage(KeyPackage.Span);
        if (record is null)
            return Errors.At(MlsErrorCode.NotForThisClient, "12.4.3.1");
        if (record.Joined.Contains(State.Id))
            return Errors.At(MlsErrorCode.DuplicateGroup, "16.8");
        record.AddJoined(State.Id);
        bool keep = IsLastResort || acceptance.KeepKeyPackage;
        StoreChange used = new(StoreKeys.KeyPackage(KeyPackage.Span), keep ? record.ToBytes() : null);
        Group group = _client.Adopt(
            new GroupCore(_result.Epoch, _identity) { JoinedByLastResort = IsLastResort }, [used]);
        _used = true;
        return group;
    }

    /// <summary>Zeroes the keys of a Welcome that is not accepted. It can be opened again.</summary>
    public void Dispose()
    {
        if (!_used)
            _result.Epoch.Dispose();
        _used = true;
    }
}
