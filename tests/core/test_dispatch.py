"""Choosing an implementation: preference, forcing, nesting, records and jit keys."""

import asyncio
import json
import threading
import warnings

import jax
import pytest

from brainfit_fast.core import dispatch, place
from brainfit_fast.core.dispatch import Implementation, ambient_key, record, resolve, use
from brainfit_fast.core.errors import ImplementationError
from brainfit_fast.core.fallback import FallbackWarning, told_otherwise

dispatch.declare_op('toy')
KERNEL = Implementation('cpu_ffi')
BROKEN = Implementation('cpu_ffi', supports=lambda args: ('no float16', 'not built'))
ELSEWHERE = Implementation('pallas_triton', declines=lambda args: ('needs a GPU',))
REFERENCE = Implementation('reference')


def test_auto_takes_the_first_that_serves():
    choice = resolve('toy', (ELSEWHERE, KERNEL, REFERENCE), None)
    assert (choice.name, choice.forced, choice.fallback) == ('cpu_ffi', False, False)
    assert choice.skipped == (('pallas_triton', 'needs a GPU'),)


@pytest.mark.fallback
def test_auto_falls_back_with_every_reason():
    with pytest.warns(
        FallbackWarning, match=r"no float16.*not built.*use\(toy='reference'\)"
    ) as given:
        choice = resolve('toy', (BROKEN, REFERENCE), None)
    assert given[0].filename == __file__  # the user's line
    assert choice.name == 'reference' and choice.fallback
    assert choice.skipped == (('cpu_ffi', 'no float16'), ('cpu_ffi', 'not built'))
    assert str(choice) == 'toy: reference; skipped cpu_ffi: no float16; cpu_ffi: not built'


@pytest.mark.fallback
def test_a_fallback_is_told_once_for_each_line():
    with warnings.catch_warnings(record=True) as given:
        warnings.simplefilter('default')
        for _ in range(3):
            resolve('toy', (BROKEN, REFERENCE), None)
        with told_otherwise():
            resolve('toy', (BROKEN, REFERENCE), None)
        resolve('toy', (BROKEN, REFERENCE), None, 'reference')
        resolve('toy', (ELSEWHERE, REFERENCE), None)
    assert [w.category for w in given] == [FallbackWarning]


@pytest.mark.fallback
def test_a_fallback_is_told_for_equal_lines_of_two_files():
    names = {'resolve': resolve, 'BROKEN': BROKEN, 'REFERENCE': REFERENCE}
    with warnings.catch_warnings(record=True) as given:
        warnings.simplefilter('default')
        for _ in range(2):
            for file in ('first.py', 'second.py'):
                exec(compile("resolve('toy', (BROKEN, REFERENCE), None)", file, 'exec'), names)
    assert [w.filename for w in given] == ['first.py', 'second.py']


@pytest.mark.parametrize(
    'folder',
    [
        '/usr/lib/python3/dist-packages',
        '/home/a/.local/lib/python3.11/site-packages',
        json.__path__[0],
    ],
)
def test_installed_packages_are_not_the_users_code(folder):
    assert place._kind(f'{folder}/jax/_src/pjit.py') == 'library'
    assert place._kind('/home/a/study/fit.py') == 'user'


@pytest.mark.fallback
def test_supports_sees_the_arguments():
    small = Implementation('cpu_ffi', supports=lambda n: () if n < 5 else (f'{n} is too large',))
    assert resolve('toy', (small, REFERENCE), 4).name == 'cpu_ffi'
    assert resolve('toy', (small, REFERENCE), 5).skipped == (('cpu_ffi', '5 is too large'),)


@pytest.mark.parametrize('how', ['argument', 'ambient'])
def test_a_forced_implementation_that_cannot_serve_raises_all_reasons(how):
    with pytest.raises(ImplementationError) as error:
        if how == 'argument':
            resolve('toy', (BROKEN, REFERENCE), None, 'cpu_ffi')
        else:
            with use('cpu_ffi'):
                resolve('toy', (BROKEN, REFERENCE), None)
    for part in ('toy', "'cpu_ffi'", 'no float16', 'not built', "use(toy='reference')"):
        assert part in str(error.value)


def test_forcing_what_the_op_does_not_have_raises():
    with pytest.raises(ImplementationError, match="no such implementation; it has 'reference'"):
        resolve('toy', (REFERENCE,), None, 'pallas_mosaic')


def test_a_declined_implementation_can_be_forced():
    choice = resolve('toy', (ELSEWHERE, REFERENCE), None, 'pallas_triton')
    assert choice.name == 'pallas_triton' and choice.forced
    assert choice.interpret == (jax.default_backend() != 'gpu')
    assert not choice.fallback


def test_nothing_can_serve():
    with pytest.raises(ImplementationError, match='no implementation can serve'):
        resolve('toy', (BROKEN,), None)


def test_innermost_use_wins_and_is_undone():
    ops = (KERNEL, REFERENCE)
    with use('reference'):
        assert resolve('toy', ops, None).name == 'reference'
        with use(toy='cpu_ffi'):
            assert resolve('toy', ops, None).name == 'cpu_ffi'
            with use('reference'):
                assert resolve('toy', ops, None).name == 'reference'
            with use('auto'):
                assert not resolve('toy', ops, None).forced
        assert resolve('toy', ops, None).name == 'reference'
    assert not resolve('toy', ops, None).forced


def test_single_op_wins_over_everywhere_in_one_block():
    with use('reference', toy='cpu_ffi'):
        assert resolve('toy', (KERNEL, REFERENCE), None).name == 'cpu_ffi'
        assert resolve('other', (KERNEL, REFERENCE), None).name == 'reference'


def test_argument_wins_over_ambient():
    with use('cpu_ffi'):
        assert resolve('toy', (KERNEL, REFERENCE), None, 'reference').name == 'reference'


def test_ambient_is_undone_after_an_error():
    with pytest.raises(KeyError), use('reference'):
        raise KeyError
    assert ambient_key() == ('auto', ())


@pytest.mark.parametrize(
    ('arguments', 'keywords', 'message'),
    [
        (('fastest',), {}, "given 'fastest', expected one of 'auto', 'reference'"),
        ((), {'toy': 'gpu'}, "given 'gpu', expected one of 'auto', 'reference'"),
        ((), {'no_such_op': 'reference'}, "the op 'no_such_op', expected one of .*'toy'"),
    ],
)
def test_unknown_names_raise(arguments, keywords, message):
    with pytest.raises(ValueError, match=message), use(*arguments, **keywords):
        pass


def test_unknown_argument_raises():
    with pytest.raises(ValueError, match="given 'numpy', expected one of"):
        resolve('toy', (REFERENCE,), None, 'numpy')
    with pytest.raises(TypeError, match='given 3, expected one of'):
        resolve('toy', (REFERENCE,), None, 3)


def test_records_nest():
    with record() as outer:
        resolve('toy', (REFERENCE,), None)
        with record() as inner:
            resolve('toy', (KERNEL, REFERENCE), None)
    assert [c.name for c in outer] == ['reference', 'cpu_ffi']
    assert [c.name for c in inner] == ['cpu_ffi']


def test_threads_do_not_see_each_other():
    seen = []
    with use('reference'):
        thread = threading.Thread(target=lambda: seen.append(ambient_key()))
        thread.start()
        thread.join()
        assert ambient_key() == ('reference', ())
    assert seen == [('auto', ())]


def test_tasks_do_not_see_each_other():
    async def forced(name):
        with use(name):
            await asyncio.sleep(0)
            return ambient_key()[0]

    async def both():
        return await asyncio.gather(forced('reference'), forced('cpu_ffi'))

    assert asyncio.run(both()) == ['reference', 'cpu_ffi']


def test_jit_traces_anew_for_another_ambient_choice():
    names = []

    @jax.jit
    def function(x):
        names.append(resolve('toy', (KERNEL, REFERENCE), None).name)
        return x

    function(1.0)
    with use('reference'):
        function(1.0)
        function(1.0)
    with use(toy='reference'):
        function(1.0)
    function(1.0)
    assert names == ['cpu_ffi', 'reference', 'reference']


def test_ambient_key_is_hashable_and_tells_choices_apart():
    keys = {ambient_key()}
    with use('reference'):
        keys.add(ambient_key())
    with use(toy='reference'):
        keys.add(ambient_key())
    assert len(keys) == 3
